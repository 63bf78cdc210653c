import type { ContextLike } from "./_hono.ts";

/** The part of a Hono `Context` that reading a request by its contract takes. */
export interface EndpointContext extends ContextLike {
  readonly req: ContextLike["req"] & {
    readonly bodyCache: { arrayBuffer?: Promise<ArrayBuffer> };
    arrayBuffer(): Promise<ArrayBuffer>;
    param(name: string): string;
    parseBody(options: { all: true }): Promise<Record<string, unknown>>;
    queries(): Record<string, string[]>;
    text(): Promise<string>;
  };
}
