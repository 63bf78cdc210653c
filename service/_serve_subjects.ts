import { isRetryableError } from "../errors/is_retryable_error.ts";
import { sleep } from "../internal/clock.ts";
import type { LoggerLike } from "../logging/logger.ts";
import type { IncomingMessage, MessageBus, RawMessage, Serving } from "../messaging/bus/message_bus.ts";

/** Milliseconds between attempts while the bus is away. */
const RETRY_MS = 1000;

/** Answers requests to a subject. */
export type Answer = (request: IncomingMessage) => Promise<RawMessage>;

/** Where and how to answer. */
interface Served {
  readonly bus: MessageBus;
  readonly logger: LoggerLike;
  /** Aborts when the service stops. */
  readonly signal: AbortSignal;
  /** The log line where the credentials do not permit it. */
  readonly refused: string;
}

/**
 * Answers on several subjects until the bus is closed; tries again while it is away. Where the credentials do not permit it,
 * that is one WARNING, and none of the subjects is answered. Never rejects.
 */
export async function serveSubjects(
  subjects: readonly (readonly [subject: string, answer: Answer])[],
  { bus, logger, refused, signal }: Served,
): Promise<void> {
  const servings: Serving[] = [];
  const closeAll = () => Promise.all(servings.splice(0).map((serving) => serving.close()));
  let isOff = false;
  const turnOff = async (error: unknown) => {
    if (isOff) return;
    isOff = true;
    logger.warn(refused, { error });
    await closeAll();
  };
  while (!signal.aborted && !isOff) {
    try {
      for (const [subject, onRequest] of subjects) {
        servings.push(await bus.serve(subject, { onRequest, onRefused: (error) => void turnOff(error) }));
      }
      if (isOff) await closeAll(); // meanwhile
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (!isRetryableError(error)) return await turnOff(error);
      await closeAll();
      await sleep(RETRY_MS, signal).catch(() => {});
    }
  }
}
