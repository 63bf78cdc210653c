import { isRetryableError } from "../../errors/is_retryable_error.ts";
import { MessageBusError } from "../../errors/infrastructure.ts";
import type { LoggerLike } from "../../logging/logger.ts";
import { busError } from "../bus/_bus_error.ts";
import type { MessageBus, OutgoingMessage, PublishAck } from "../bus/message_bus.ts";

const BACKOFF_MS = [20, 100, 250, 500, 1000] as const;
const NO_STREAM_ATTEMPTS = 2;
/** How long to wait for a stream that is gone, and how long before it is made again, in milliseconds. */
const GONE_MS = 5000;
const ENSURE_AFTER_MS = 1000;

/** A message whose first attempt has failed. */
export interface Retry {
  readonly bus: MessageBus;
  readonly message: OutgoingMessage;
  attempt(): Promise<PublishAck>;
  /** When to give up, in milliseconds since 1970 by the clock of the bus. */
  readonly deadline: number;
  readonly logger: LoggerLike | undefined;
  /** Whether a stream has stored events of this subject before. */
  readonly hadStream: boolean;
  /** Makes a stream for the subject; `undefined` where none may be made. */
  readonly ensureStream: ((subject: string) => Promise<string>) | undefined;
}

/**
 * Publishes a message again until a stream has stored it. Each attempt has the same message id, so that it is stored once.
 * Rejects with the last error when that is permanent or the deadline has passed. After a lost connection it continues as
 * soon as the bus is connected.
 *
 * A stream that is gone may be about to get the subject back, as while streams are rearranged; so it is waited for, and only
 * after a while made again.
 */
export async function publishAgain(retry: Retry, first: unknown): Promise<PublishAck> {
  const { bus, message, deadline, logger } = retry;
  let error = first;
  let goneSince: number | undefined;
  for (let failures = 1;; failures++) {
    error = await withReason(retry, error);
    if (isNoStream(retry, error)) {
      const now = bus.clock.now();
      goneSince ??= now;
      if (retry.hadStream ? now - goneSince >= GONE_MS : failures >= NO_STREAM_ATTEMPTS) throw error;
      if (!retry.hadStream || now - goneSince >= ENSURE_AFTER_MS) {
        await retry.ensureStream?.(message.subject).catch(() => {}); // the next attempt tells
      }
    } else if (!isWorthTrying(error)) throw error;
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
async function withReason(retry: Retry, error: unknown): Promise<unknown> {
  if (!isNoStream(retry, error)) return error;
  const { bus, message: { subject } } = retry;
  const stream = await bus.findStream(subject).catch((reason) =>
    isRetryableError(reason) ? "The stream" : undefined
  );
  if (stream === undefined) return error;
  return busError("unavailable", `Cannot publish "${subject}": ${stream} does not answer`, {
    operation: "publish",
    subject,
    cause: error,
  });
}

function isNoStream({ message }: Retry, error: unknown): boolean {
  return error instanceof MessageBusError && error.kind === "no_stream" && message.stream === undefined;
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
