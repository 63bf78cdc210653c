const REPLY = Symbol.for("@glam/shared.api.reply");

/** Headers of a {@link reply}. */
export interface ReplyInit {
  /** Headers beside those of the answer itself. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** An answer of an endpoint with a status and headers of its own. */
export interface Reply<Data = unknown> {
  /** HTTP status. */
  readonly status: number;
  /** What is answered. */
  readonly data: Data;
  /** Headers beside those of the answer itself. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Answers an endpoint with another status than its first, or with headers: `return reply(202, job, { headers: {...} })`.
 * The endpoint has to list the status.
 */
export function reply<Data>(status: number, data: Data, init: ReplyInit = {}): Reply<Data> {
  const { headers = {} } = init;
  return Object.assign(Object.create(null), { [REPLY]: true, status, data, headers });
}

/** Whether a handler's result is what {@link reply} makes. */
export function isReply(result: unknown): result is Reply {
  return typeof result === "object" && result !== null && (result as { [REPLY]?: true })[REPLY] === true;
}
