import { isRetryableError } from "../errors/is_retryable_error.ts";
import { sleep } from "../internal/clock.ts";
import { ensureServiceStreams, startListeners } from "./_bus_steps.ts";
import type { Startable } from "./_step.ts";
import type { ServicePart } from "./options.ts";

/** Milliseconds between attempts. */
const RETRY_MS = 1000;

/**
 * Ensures the streams and starts the listeners of a service that is ready without its bus: tries again for as long as the
 * bus is away. An error that does not pass by itself, such as a missing permission, fails the service.
 */
export async function startInBackground(service: Startable): Promise<void> {
  const { listeners = [], streams = {} } = service.settings.options;
  if (streams !== false) {
    await untilDone(service, "streams", "Streams ensured", () => ensureServiceStreams(service));
  }
  if (listeners.length > 0) {
    await untilDone(service, "listeners", "Listeners started", () => startListeners(service));
  }
}

async function untilDone(
  { fail, settings: { logger }, signal }: Startable,
  part: ServicePart,
  done: string,
  run: () => Promise<Readonly<Record<string, unknown>> | void>,
): Promise<void> {
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      const fields = await run();
      return logger.info(done, { part, ...fields, attempts: attempt });
    } catch (error) {
      if (signal.aborted) return;
      if (!isRetryableError(error)) return fail(part, error);
      if (attempt === 1) {
        logger.warn("The message bus is away: the service goes on, and tries again", { part, error });
      }
      await sleep(RETRY_MS, signal).catch(() => {});
    }
  }
}
