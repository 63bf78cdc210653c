import type { ContextLike } from "./_hono.ts";

/** The part of a Hono `Context` that reading a request by its contract takes. */
export interface EndpointContext extends ContextLike {
  /** The request. */
  readonly req: ContextLike["req"] & {
    /** What was read of the body. */
    readonly bodyCache: { arrayBuffer?: Promise<ArrayBuffer>; text?: Promise<string> };
    /** The body as bytes. */
    arrayBuffer(): Promise<ArrayBuffer>;
    /** A parameter of the path, decoded. */
    param(name: string): string;
    /** The body as a form. */
    parseBody(options: { all: true }): Promise<Record<string, unknown>>;
    /** The query, each name with all of its values. */
    queries(): Record<string, string[]>;
    /** The body as text. */
    text(): Promise<string>;
  };
}
