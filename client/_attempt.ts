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

/** Sends a call once, and reads the answer. It does not reject, and ends as soon as the call does. */
export function attempt(settings: ClientSettings, call: Call): Promise<AttemptResult> {
  return new Promise((resolve) => {
    call.isSent = false;
    call.deadline.onEnd((reason) => resolve(givenUp(call, reason)));
    send(settings, call).then(resolve);
  });
}

/** The end of an attempt whose call has ended: its time is over, or its caller has given up. */
function givenUp({ deadline: { isOver }, isSent }: Call, error: unknown): Failed {
  return { error, judgement: isOver && isSent ? "failure" : "none", label: isOver ? "timeout" : "aborted" };
}

async function send(settings: ClientSettings, call: Call): Promise<AttemptResult> {
  const { endpoint: { method }, deadline, prepared: { body, target }, carrier } = call;
  const { signal } = deadline;
  try {
    signal.throwIfAborted(); // what lets calls through may take its time
    let { headers: given } = settings;
    if (typeof given === "function") {
      given = await given();
      signal.throwIfAborted();
      if (deadline.leftMs < 1) throw deadline.expire();
    }
    const headers = requestHeaders(given, settings.trusted, call);
    const init: RequestInit = { method, headers, redirect: "manual", signal: call.signal };
    if (body !== undefined) init.body = body;
    call.isSent = true;
    let response: Response;
    try {
      response = await carrier.carry(settings.baseUrl + target, init, !isRepeatable(call));
    } catch (error) {
      if (signal.aborted || error instanceof WrongFake) throw error;
      return unreached(settings, call, error);
    }
    if (signal.aborted) discard(response); // what carried the request did not heed the signal
    signal.throwIfAborted();
    return await read(settings, call, response);
  } catch (error) {
    return signal.aborted ? givenUp(call, signal.reason) : { error, judgement: "none", label: "error" };
  }
}

async function read(settings: ClientSettings, call: Call, response: Response): Promise<AttemptResult> {
  const { endpoint, deadline: { signal }, carrier } = call;
  const { service, maxAnswerBytes } = settings;
  const { status, ok, type } = response;
  if (type === "error") return unreached(settings, call, undefined);
  const label = String(status);
  const answered = (decoded: DecodedAnswer): Answered => ({
    answer: { ...decoded, status, headers: response.headers },
    judgement: "success",
    label,
  });
  /** An answer that the contract does not have. It is not retried, since the request may have had its effect. */
  const broken = (reason: string, judgement: Failed["judgement"], cause?: unknown): Failed => {
    const error = brokenContract({ service, endpoint, status, cause }, reason);
    return { error, judgement, label };
  };
  if (type === "opaqueredirect" || (status >= 300 && status < 400)) {
    discard(response);
    return broken("it answered with a redirect", "success");
  }
  if (ok && endpoint.kind === "raw") {
    return answered({ data: response, meta: undefined, links: undefined });
  }
  let text: string;
  try {
    text = await readText(response, maxAnswerBytes, carrier.countsBytes, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!ok) text = ""; // the status says enough
    else if (error instanceof AnswerTooLarge) {
      return broken(`its answer has more than ${maxAnswerBytes} bytes`, "success");
    } else return broken("the body of its answer ended early", "failure", error);
  }
  signal.throwIfAborted();
  if (!ok) return refused(settings, call, response, text);
  try {
    const decoded = call.decode(text);
    return answered(decoded instanceof Promise ? await decoded : decoded);
  } catch (error) {
    if (!(error instanceof BrokenContract)) throw error;
    const failed = broken(error.message, "success");
    settings.logger?.error("An answer breaks its contract", {
      ...logged(settings, call, response, text),
      error: failed.error,
    });
    return failed;
  }
}

function unreached({ service }: ClientSettings, { endpoint }: Call, cause: unknown): Failed {
  const error = behindUs(`${service} could not be reached`, { service, endpoint, cause });
  return { error, judgement: "failure", label: "connection", retryReason: "connection" };
}

function refused(settings: ClientSettings, call: Call, response: Response, text: string): Failed {
  const { service, logger } = settings;
  const { status } = response;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    logger?.error(
      "An answer is neither an envelope nor a problem",
      logged(settings, call, response, text),
    );
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
  text?: string,
): Record<string, unknown> {
  const body = text?.slice(0, LOGGED_CHARACTERS);
  return { target: service, endpoint: endpoint.route, status, ...body !== undefined && { body } };
}
