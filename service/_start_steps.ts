import { MAX_TIMER_MS } from "../internal/clock.ts";
import { everyGuardOf } from "../api/_guards_of.ts";
import { startInBackground } from "./_background_start.ts";
import { cleanUpGuards } from "./_guard_clean_up.ts";
import { ensureServiceStreams, startListeners } from "./_bus_steps.ts";
import type { Startable, Step } from "./_step.ts";
import { applyMigrations, verifyMigrations } from "./_migrations.ts";

/** The steps that start the parts of a service, in order. */
export function startSteps(service: Startable): Step[] {
  const { settings, signal, begun } = service;
  const { deadlines, options, relay, required } = settings;
  const { bus, database, listeners = [], migrate = "verify", onStart, scheduler, streams = {} } = options;
  const steps: Step[] = [];
  const step = (part: Step["part"], done: string, run: Step["run"], more: Partial<Step> = {}) =>
    steps.push({ part, done, deadlineMs: deadlines.start, run, ...more });

  if (database !== undefined) {
    step("database", "Database answers", () => database.ping());
    const { migrations } = options;
    if (migrations !== undefined && migrate === "up") {
      const limits = { deadlineMs: MAX_TIMER_MS, abortMs: deadlines.database }; // the running migration is rolled back
      step("migrations", "Migrations applied", () => applyMigrations(database, migrations, signal), limits);
    } else if (migrations !== undefined) {
      step("migrations", "Migrations verified", () => verifyMigrations(database, migrations));
    }
  }
  if (bus !== undefined) {
    bus.onStateChange((state) => {
      if (state.type === "closed") {
        service.fail("bus", state.error ?? new Error("it was closed outside of the service"));
      }
    });
  }
  const inBackground = bus !== undefined && !required.has("bus");
  if (bus !== undefined && streams !== false && !inBackground) {
    step("streams", "Streams ensured", () => ensureServiceStreams(service));
  }
  if (onStart !== undefined) {
    step("onStart", "onStart is done", async () => {
      begun.add(onStart);
      await onStart(signal);
    });
  }
  const guards = everyGuardOf(options.app).filter(({ ping }) => ping !== undefined);
  if (guards.length > 0) {
    step("http", "Guards ready", async () => {
      await Promise.all(guards.map((guard) => guard.ping!()));
    });
  }
  if (relay !== undefined) {
    step("outbox", "Outbox relay started", async () => {
      begun.add(relay);
      await relay.start();
      relay.finished.catch((error) => service.fail("outbox", error));
    });
  }
  if (listeners.length > 0 && !inBackground) {
    step("listeners", "Listeners started", () => startListeners(service));
  }
  if (scheduler !== undefined) {
    step("scheduler", "Scheduler started", async () => {
      begun.add(scheduler);
      await scheduler.start();
    });
  }
  if (settings.management !== undefined) {
    step(
      "management",
      "Listening to operators",
      async () => ({ url: (await service.listenForOperators()).url }),
    );
  }
  step("http", "Listening", async () => {
    if (inBackground) void startInBackground(service);
    cleanUpGuards(service);
    return { url: (await service.listen()).url };
  });
  return steps;
}
