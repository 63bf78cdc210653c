import type { input, output, ZodType } from "zod";
import { isSubject } from "./_subject.ts";

/** The contract of a request: its subject and the schemas of request and response. */
export interface RequestContract<In = unknown, Input = In, Out = unknown, Reply = Out> {
  /** Subject that requests are sent to. */
  readonly subject: string;
  /** Schema of the request. */
  readonly requestSchema: ZodType<In, Input>;
  /** Schema of the response. */
  readonly responseSchema: ZodType<Out, Reply>;
}

/** Any contract that {@link defineRequest} returns. */
// deno-lint-ignore no-explicit-any
export type AnyRequestContract = RequestContract<any, any, any, any>;

/** Options of `MessageBus.request`. */
export interface RequestOptions {
  /**
   * How long to wait for the response, in milliseconds, greater than 0. The responder receives it and aborts then as well.
   * @default 5000
   */
  readonly timeoutMs?: number | undefined;
  /** Stops waiting when it aborts; the call rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Defines a request to another service on an `rpc.` subject, for questions whose answer is needed at once. Requests are not
 * stored; where no responder is subscribed, the call rejects at once.
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
 * @throws {TypeError} when the subject does not start with `rpc.`, or has wildcards or white space.
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
