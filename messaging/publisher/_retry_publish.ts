import { isRetryableError } from "../../errors/is_retryable_error.ts";
import { MessageBusError } from "../../errors/infrastructure.ts";
import type { LoggerLike } from "../../logging/logger.ts";
import { busError } from "../bus/_bus_error.ts";
import type { MessageBus, OutgoingMessage, PublishAck } from "../bus/message_bus.ts";

const BACKOFF_MS = [20, 100, 250, 500, 1000] as const;
const NO_STREAM_ATTEMPTS = 2;

/** A message that could not be published at once. */
export interface Retry {
  readonly bus: MessageBus;
  readonly message: OutgoingMessage;
  attempt(): Promise<PublishAck>;
  /** When to give up, by the clock of the bus. */
  readonly deadline: number;
  readonly logger: LoggerLike | undefined;
}

/**
 * Publishes a message until it is stored, with its message id, so that an attempt whose outcome is not known does no
 * harm; or rejects with the last error when that cannot be mended, or there is no time left. Where the connection is lost
 * it goes on the moment that it is there again.
 */
export async function publishAgain(retry: Retry, first: unknown): Promise<PublishAck> {
  const { bus, message, deadline, logger } = retry;
  let error = first;
  for (let failures = 1;; failures++) {
    error = await withReason(retry, error, failures);
    if (!isWorthTrying(error)) throw error;
    const left = deadline - bus.clock.now();
    if (left <= 0) throw error;
    logger?.warn("Publishing again", { subject: message.subject, attempt: failures + 1, error });
    if (bus.connected) await pause(bus, Math.min(left, jittered(failures)));
    else if (!await connectedWithin(bus, left)) throw error;
    if (deadline - bus.clock.now() <= 0) throw error;
    try {
      return await retry.attempt();
    } catch (next) {
      error = next;
    }
  }
}

/**
 * Nobody listens to a subject also while a cluster elects a leader for its stream, or a server has just started: then
 * there is a stream, or nobody to ask for one.
 */
async function withReason({ bus, message }: Retry, error: unknown, failures: number): Promise<unknown> {
  if (!(error instanceof MessageBusError) || error.kind !== "no_stream" || message.stream !== undefined) {
    return error;
  }
  const stream = await bus.findStream(message.subject).catch((reason) =>
    isRetryableError(reason) ? "The stream" : undefined
  );
  if (stream === undefined && failures >= NO_STREAM_ATTEMPTS) return error;
  return busError(
    "unavailable",
    `Cannot publish "${message.subject}": ${stream ?? "its stream"} does not answer`,
    {
      operation: "publish",
      subject: message.subject,
      cause: error,
    },
  );
}

function isWorthTrying(error: unknown): boolean {
  return error instanceof MessageBusError && (error.kind === "timeout" || error.kind === "unavailable");
}

function jittered(failures: number): number {
  const ms = BACKOFF_MS[Math.min(failures, BACKOFF_MS.length) - 1]!;
  return ms * (0.75 + Math.random() / 2);
}

function pause(bus: MessageBus, ms: number): Promise<void> {
  return new Promise((resolve) => bus.clock.setTimer(resolve, ms));
}

/** Waits for the connection; `false` when it does not come in time, or the bus is closed. */
function connectedWithin(bus: MessageBus, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (connected: boolean) => {
      timer.cancel();
      stop();
      resolve(connected);
    };
    const timer = bus.clock.setTimer(() => end(false), ms);
    const stop = bus.onStateChange(({ type }) => type === "disconnected" || end(type === "connected"));
  });
}
