import type { Health } from "../api/health_checks.ts";
import { isRetryableError } from "../errors/is_retryable_error.ts";
import { sleep } from "../internal/clock.ts";
import type { MessageBus, Serving } from "../messaging/bus/message_bus.ts";
import { type AnnouncedEndpoint, announcedEndpoints } from "./_announced_endpoints.ts";
import {
  infoResponse,
  type Instance,
  microSubjects,
  pingResponse,
  statsResponse,
  type Verb,
} from "./_micro_messages.ts";
import type { Settings } from "./_settings.ts";

/** Milliseconds between attempts while the bus is away. */
const RETRY_MS = 1000;

/** What an announcement needs of its service. */
interface Announced {
  readonly bus: MessageBus;
  readonly settings: Settings;
  readonly health: Pick<Health, "report">;
  readonly instance: Instance;
  /** Aborts when the service stops. */
  readonly signal: AbortSignal;
}

/**
 * Answers NATS's Services protocol (ADR-32), so that `nats micro` and operations pages find the service; until the bus is
 * closed. A service whose credentials do not permit it goes on without, after one WARNING. Never rejects.
 */
export async function announce(announced: Announced): Promise<void> {
  const { bus, health, instance, settings, signal } = announced;
  const { logger } = settings;
  const endpoints = announcedEndpoints(settings, health);
  const servings: Serving[] = [];
  const closeAll = () => Promise.all(servings.splice(0).map((serving) => serving.close()));
  let isOff = false;
  const turnOff = async (error: unknown) => {
    if (isOff) return;
    isOff = true;
    logger.warn("The service is not announced: its credentials do not permit to answer `$SRV.>`", { error });
    await closeAll();
  };
  while (!signal.aborted && !isOff) {
    try {
      for (const [subject, verb] of microSubjects(instance)) {
        const onRequest = async () => ({ data: JSON.stringify(await answer(verb, instance, endpoints())) });
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

async function answer(
  verb: Verb,
  instance: Instance,
  endpoints: readonly AnnouncedEndpoint[],
): Promise<object> {
  if (verb === "PING") return pingResponse(instance);
  if (verb === "INFO") return infoResponse(instance, endpoints);
  const stats = endpoints.map(async (endpoint) => [endpoint, await endpoint.stats()] as const);
  return statsResponse(instance, await Promise.all(stats));
}
