import type { NatsConnection } from "@nats-io/nats-core";
import { isRetryableError } from "../../errors/is_retryable_error.ts";
import { sleep } from "../../internal/clock.ts";
import { createLogger } from "../../logging/create_logger.ts";
import type { LoggerLike } from "../../logging/logger.ts";
import type { Dialer } from "./_connection.ts";

const LOG_EVERY_MS = 10_000;
const JITTER_MS = 100;

/** Options of {@link keepDialing}. */
export interface KeepDialingOptions {
  /** Logger for failed attempts; without one they go to a logger named after the connection. */
  readonly logger: LoggerLike | undefined;
  /** Ends the attempts. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Connects, with as many attempts as it takes. The first failure is logged at once, later ones every 10 seconds.
 *
 * @throws {MessageBusError} with kind `refused` when another attempt cannot help.
 */
export async function keepDialing(
  { dial, delayMs, name }: Dialer,
  { logger, signal }: KeepDialingOptions,
): Promise<NatsConnection> {
  await using own = logger === undefined ? createLogger(name ?? "nats", { file: false }) : undefined;
  const log = logger ?? own!;
  const startedAt = performance.now();
  let loggedAt = -Infinity;
  for (let attempt = 1;; attempt++) {
    try {
      const connection = await dial();
      if (attempt > 1) log.info("Message bus connected", { attempt });
      return connection;
    } catch (error) {
      if (!isRetryableError(error)) throw error;
      const now = performance.now();
      if (now - loggedAt >= LOG_EVERY_MS) {
        loggedAt = now;
        const seconds = Math.round((now - startedAt) / 1000);
        // Without the stack, which says nothing of a server that is away, every time.
        const { message: reason } = error as Error;
        log.warn("Cannot reach the message bus, and tries again", { reason, attempt, seconds });
      }
    }
    await sleep(delayMs + Math.random() * JITTER_MS, signal);
  }
}
