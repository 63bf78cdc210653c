import type { Health } from "../api/health_checks.ts";
import type { MessageBus } from "../messaging/bus/message_bus.ts";
import { type AnnouncedEndpoint, announcedEndpoints } from "./_announced_endpoints.ts";
import {
  infoResponse,
  type Instance,
  microSubjects,
  pingResponse,
  statsResponse,
  type Verb,
} from "./_micro_messages.ts";
import { serveSubjects } from "./_serve_subjects.ts";
import type { Settings } from "./_settings.ts";

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
export async function announce({ bus, health, instance, settings, signal }: Announced): Promise<void> {
  const endpoints = announcedEndpoints(settings, health, instance.id);
  const subjects = microSubjects(instance).map(([subject, verb]) =>
    [subject, async () => ({ data: JSON.stringify(await answer(verb, instance, endpoints())) })] as const
  );
  const refused = "The service is not announced: its credentials do not permit to answer `$SRV.>`";
  await serveSubjects(subjects, { bus, logger: settings.logger, refused, signal });
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
