import { isRetryableError } from "../../errors/is_retryable_error.ts";
import { MessageBusError } from "../../errors/infrastructure.ts";
import type { LoggerLike } from "../../logging/logger.ts";
import { busError } from "../bus/_bus_error.ts";
import type { MessageBus, OutgoingMessage, PublishAck } from "../bus/message_bus.ts";

const BACKOFF_MS = [20, 100, 250, 500, 1000] as const;
const NO_STREAM_ATTEMPTS = 2;

/** A message whose first attempt has failed. */
export interface Retry {
  readonly bus: MessageBus;
  readonly message: OutgoingMessage;
  attempt(): Promise<PublishAck>;
  /** When to give up, in milliseconds since 1970 by the clock of the bus. */
  readonly deadline: number;
  readonly logger: LoggerLike | undefined;
}

/**
 * Publishes a message again until a stream has stored it. Each attempt has the same message id, so that it is stored once.
 * Rejects with the last error when that is permanent or the deadline has passed. After a lost connection it continues as
 * soon as the bus is connected.
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
 * Tells a missing stream from one that does not answer: while a cluster elects a leader, or a server has just started, a
 * subject has no listener either. Then a stream is found, or the question fails.
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

/** Waits for the connection. Resolves to `false` when `ms` milliseconds have passed or the bus is closed. */
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
