import { metaOf } from "../api/_route_meta.ts";
import type { Health } from "../api/health_checks.ts";
import { withDeadline } from "../internal/clock.ts";
import type { ResponderStats } from "../messaging/request/create_responder.ts";
import { controlSubject } from "./_control_messages.ts";
import { namedListeners } from "./_health.ts";
import type { Settings } from "./_settings.ts";
import type { AppLike } from "./options.ts";

/** Milliseconds that the health check of a part may take: callers wait for about a second. */
const ANSWER_MS = 500;
/** Milliseconds for which the answer of a part is reused, so that frequent callers do not load the database. */
const FRESH_MS = 1000;

/** A part of a service, as an endpoint of NATS's Services protocol. */
export interface AnnouncedEndpoint {
  readonly name: string;
  readonly subject: string;
  readonly queueGroup: string;
  stats(): EndpointStats | Promise<EndpointStats>;
}

/** The numbers of a part. */
export interface EndpointStats {
  readonly requests?: number;
  readonly errors?: number;
  readonly seconds?: number;
  readonly data?: Readonly<Record<string, unknown>>;
}

/**
 * The parts of a service that say how they are: its health, HTTP, each durable consumer, the outbox and each subject that is
 * answered. Nothing of a tenant, an error or the configuration is in it.
 */
export function announcedEndpoints(
  settings: Settings,
  health: Pick<Health, "report">,
  instance: string,
): () => readonly AnnouncedEndpoint[] {
  const { name, relay, options: { app, control = false, listeners = [], responders = [] } } = settings;
  const report = cached(() => health.report());
  const endpoints: AnnouncedEndpoint[] = [{
    ...local("health"),
    async stats() {
      const { status, checks = {} } = await report() ?? {};
      const states = Object.fromEntries(Object.entries(checks).map(([name, check]) => [name, check.status]));
      return { data: { status: status ?? "unknown", checks: states } };
    },
  }];
  const http = httpOf(app);
  if (http !== undefined) {
    endpoints.push({
      ...local("http"),
      stats: () => ({ ...http.totals(), data: { in_progress: http.inProgress } }),
    });
  }
  for (const [group, listener] of namedListeners(listeners)) {
    for (const [subject, durable] of listener.durables ?? []) {
      endpoints.push({
        name: durable,
        subject,
        queueGroup: durable,
        stats() {
          const { paused = false, consumers = [] } = listener.stats?.() ?? {};
          const found = consumers.find((each) => each.durable === durable);
          if (found === undefined) return { data: { listener: group, paused } };
          const { calls: requests, failures: errors, seconds, dead_letters, expired, held, in_flight, lag } =
            found;
          return {
            requests,
            errors,
            seconds,
            data: { listener: group, paused, lag, held, in_flight, dead_letters, expired },
          };
        },
      });
    }
  }
  if (relay !== undefined) {
    const ask = cached(async () => await relay.health());
    endpoints.push({ ...local("outbox"), stats: async () => ({ data: numbersOf(await ask()) }) });
  }
  const { scheduler } = settings.options;
  if (scheduler !== undefined) {
    const ask = cached(async () => await scheduler.health());
    endpoints.push({ ...local("schedules"), stats: async () => ({ data: numbersOf(await ask()) }) });
  }
  if (control) {
    const subject = controlSubject(name, instance);
    endpoints.push({ name: "control", subject, queueGroup: "", stats: () => ({}) });
  }
  // A responder may begin to answer another subject at any time.
  return () => [
    ...endpoints,
    ...responders.flatMap((responder) => (responder.stats?.() ?? []).map(toEndpoint)),
  ];
}

function toEndpoint({ subject, queueGroup, ...stats }: ResponderStats): AnnouncedEndpoint {
  return { name: subject, subject, queueGroup, stats: () => stats };
}

function local(name: string): Omit<AnnouncedEndpoint, "stats"> {
  return { name, subject: name, queueGroup: "" };
}

/** What counts the requests of an application, where its middleware does. */
function httpOf(app: AppLike | undefined) {
  const { routes = [] } = (app ?? {}) as { readonly routes?: readonly { readonly handler: unknown }[] };
  return routes.map(({ handler }) => metaOf(handler)?.http).find((http) => http !== undefined);
}

/** The status and the numbers in the health of a part, and no sentences. */
function numbersOf(health: unknown): Readonly<Record<string, unknown>> {
  const { status = "unknown", ...rest } = (health ?? {}) as Record<string, unknown>;
  const numbers = Object.entries(rest).filter(([, value]) => typeof value === "number");
  return { status, ...Object.fromEntries(numbers) };
}

/** Asks a part at most once a second, and gives `undefined` where it does not answer in time. */
function cached<T>(ask: () => Promise<T>): () => Promise<T | undefined> {
  let last: { readonly at: number; readonly answer: Promise<T | undefined> } | undefined;
  return () => {
    const now = performance.now();
    if (last === undefined || now - last.at > FRESH_MS) {
      last = { at: now, answer: withDeadline(ask(), ANSWER_MS, "").catch(() => undefined) };
    }
    return last.answer;
  };
}
