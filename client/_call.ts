import type { AnyEndpoint } from "../contract/endpoint.ts";
import type { CallDeadline } from "./_call_deadline.ts";
import type { Carrier } from "./_carrier.ts";
import type { AnswerDecoder, DecodedAnswer } from "./_decode_answer.ts";
import type { PreparedRequest } from "./_prepare_request.ts";

/** One call, as its attempts need it. */
export interface Call {
  readonly endpoint: AnyEndpoint;
  readonly prepared: PreparedRequest;
  readonly decode: AnswerDecoder;
  readonly deadline: CallDeadline;
  readonly idempotencyKey: string | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
  /** Ends the request: at the deadline, or for a `raw` answer only when the caller gives up. */
  readonly signal: AbortSignal;
  readonly carrier: Carrier;
  /** Whether the current attempt has begun to send. */
  isSent: boolean;
}

/** An answer with its status and headers. */
export interface ReceivedAnswer extends DecodedAnswer {
  readonly status: number;
  readonly headers: Headers;
}

/** Whether sending a call twice has one effect. */
export function isRepeatable({ endpoint: { method }, idempotencyKey }: Call): boolean {
  return method === "GET" || method === "PUT" || method === "DELETE" || idempotencyKey !== undefined;
}
