import type { input, output, ZodType } from "zod";
import { isSubject } from "./_subject.ts";

/** What is asked for on a subject, and what is answered. */
export interface RequestContract<In = unknown, Input = In, Out = unknown, Reply = Out> {
  /** Subject that requests are sent to. */
  readonly subject: string;
  /** Schema of the request. */
  readonly requestSchema: ZodType<In, Input>;
  /** Schema of the response. */
  readonly responseSchema: ZodType<Out, Reply>;
}

/** Any contract that {@link defineRequest} makes. */
// deno-lint-ignore no-explicit-any
export type AnyRequestContract = RequestContract<any, any, any, any>;

/** Options of `MessageBus.request`. */
export interface RequestOptions {
  /**
   * How long to wait for the response; the responder is told, and gives up then too.
   * @default 5000
   */
  readonly timeoutMs?: number | undefined;
  /** Gives up waiting. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Defines a request that another service answers, on a subject of `rpc.`: for a question whose answer is needed now.
 * Nothing stores it; where nobody answers, the caller is told at once.
 *
 * @example
 * ```ts
 * import { createMemoryBus, createResponder, defineRequest } from "@glam/shared/messaging";
 * import * as z from "zod";
 *
 * const GetBalance = defineRequest("rpc.credit.balance.v1", {
 *   request: z.object({ merchantId: z.string() }),
 *   response: z.object({ credits: z.int() }),
 * });
 *
 * await using bus = createMemoryBus();
 * await using responder = createResponder(bus, { service: "credits" });
 * await responder.respond(GetBalance, () => ({ credits: 7 }));
 * console.log((await bus.request(GetBalance, { merchantId: "m_1" })).credits); // 7
 * ```
 *
 * @throws {TypeError} when the subject is not of `rpc.`, or has wildcards or white space.
 */
export function defineRequest<Request extends ZodType, Response extends ZodType>(
  subject: string,
  schemas: { readonly request: Request; readonly response: Response },
): RequestContract<output<Request>, input<Request>, output<Response>, input<Response>> {
  if (!subject.startsWith("rpc.") || !isSubject(subject)) {
    throw new TypeError(
      `Expected \`subject\` to be rpc.<...> without wildcards, got ${JSON.stringify(subject)}`,
    );
  }
  return {
    subject,
    requestSchema: schemas.request as unknown as ZodType<output<Request>, input<Request>>,
    responseSchema: schemas.response as unknown as ZodType<output<Response>, input<Response>>,
  };
}
