import { retryAfterSeconds } from "../errors/retry_after.ts";
import { type Call, isRepeatable, type ReceivedAnswer } from "./_call.ts";
import type { ClientSettings } from "./_client_settings.ts";
import { BrokenContract, type DecodedAnswer } from "./_decode_answer.ts";
import { AnswerTooLarge, discard, readText } from "./_read_answer.ts";
import { behindUs, brokenContract, isInProgress, toCallerError } from "./_received_error.ts";
import { requestHeaders } from "./_request_headers.ts";
import { WrongFake } from "./_wrong_fake.ts";

/** How sending a call once ended. */
export type AttemptResult = Answered | Failed;

/** A success, as the contract has it. */
export interface Answered {
  readonly answer: ReceivedAnswer;
  readonly judgement: "success";
  readonly label: string;
}

/** Anything else. */
export interface Failed {
  readonly answer?: undefined;
  readonly error: unknown;
  /** What it says of the service, for the circuit breaker; `none` where the caller gave up. */
  readonly judgement: "failure" | "none" | "success";
  /** The status, or the word for why there is none, for the metrics. */
  readonly label: string;
  /** Why another attempt may help. */
  readonly retryReason?: string | undefined;
  /** Seconds that the service asks to wait. */
  readonly retryAfter?: number | undefined;
}

const RETRIED: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** Of an answer that is no error of ours, the log has this much. */
const LOGGED_CHARACTERS = 1024;

/** Sends a call once, and reads the answer. It does not reject. */
export async function attempt(settings: ClientSettings, call: Call): Promise<AttemptResult> {
  const { endpoint, prepared, deadline, signal } = call;
  let isSent = false;
  try {
    const headers = await requestHeaders(settings, call);
    if (deadline.leftMs < 1) throw deadline.expire();
    const { method } = endpoint;
    const init: RequestInit = { method, headers, body: prepared.body ?? null, redirect: "manual", signal };
    isSent = true;
    let response: Response;
    try {
      const url = settings.baseUrl + prepared.target;
      response = await deadline.race(call.carry(url, init, !isRepeatable(call)));
    } catch (error) {
      if (deadline.signal.aborted || error instanceof WrongFake) throw error;
      return unreached(settings, call, error);
    }
    return await read(settings, call, response);
  } catch (error) {
    if (!deadline.signal.aborted) return { error, judgement: "none", label: "error" };
    if (!deadline.isOver) return { error, judgement: "none", label: "aborted" };
    return { error, judgement: isSent ? "failure" : "none", label: "timeout" };
  }
}

function unreached({ service }: ClientSettings, { endpoint }: Call, cause: unknown): Failed {
  const error = behindUs(`${service} could not be reached`, { service, endpoint, cause });
  return { error, judgement: "failure", label: "connection", retryReason: "connection" };
}

async function read(settings: ClientSettings, call: Call, response: Response): Promise<AttemptResult> {
  const { endpoint, deadline, decode, countsBytes } = call;
  const { service, maxAnswerBytes } = settings;
  const { status, headers, ok } = response;
  if (response.type === "error") return unreached(settings, call, undefined);
  const label = String(status);
  const answered = (decoded: DecodedAnswer): Answered => ({
    answer: { ...decoded, status, headers },
    judgement: "success",
    label,
  });
  /** What nobody promised. It is not asked for again: it may have been done. */
  const broken = (reason: string, judgement: Failed["judgement"], cause?: unknown): Failed => {
    return { error: brokenContract({ service, endpoint, status, cause }, reason), judgement, label };
  };
  if (response.type === "opaqueredirect" || (status >= 300 && status < 400)) {
    discard(response);
    return broken("it answered with a redirect", "success");
  }
  if (ok && endpoint.kind === "raw") {
    return answered({ data: response, meta: undefined, links: undefined });
  }
  let text: string;
  try {
    text = await readText(response, maxAnswerBytes, deadline, countsBytes);
  } catch (error) {
    if (deadline.signal.aborted) throw error;
    if (!ok) text = ""; // the status says enough
    else if (error instanceof AnswerTooLarge) {
      return broken(`its answer has more than ${maxAnswerBytes} bytes`, "success");
    } else return broken("the body of its answer ended early", "failure", error);
  }
  if (!ok) return refused(settings, call, response, text);
  try {
    return answered(await decode(text));
  } catch (error) {
    if (!(error instanceof BrokenContract)) throw error;
    const failed = broken(error.message, "success");
    settings.logger?.error("An answer breaks its contract", {
      ...logged(settings, call, response),
      error: failed.error,
      body: text.slice(0, LOGGED_CHARACTERS),
    });
    return failed;
  }
}

function refused(settings: ClientSettings, call: Call, response: Response, text: string): Failed {
  const { service, logger } = settings;
  const { status } = response;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    logger?.error("An answer is neither an envelope nor a problem", {
      ...logged(settings, call, response),
      body: text.slice(0, LOGGED_CHARACTERS),
    });
  }
  const error = toCallerError(service, call.endpoint, response, body);
  if (status >= 500) logger?.warn("A call failed", { ...logged(settings, call, response), error });
  return {
    error,
    judgement: status >= 500 && status !== 501 ? "failure" : "success",
    label: String(status),
    retryReason: RETRIED.has(status) ? String(status) : isInProgress(error) ? "in_progress" : undefined,
    retryAfter: retryAfterSeconds(error.details["retry_after"]),
  };
}

function logged(
  { service }: ClientSettings,
  { endpoint }: Call,
  { status }: Response,
): Record<string, unknown> {
  return { target: service, endpoint: endpoint.route, status };
}
