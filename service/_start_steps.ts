import { ensureStreams } from "../messaging/bus/ensure_streams.ts";
import { MAX_TIMER_MS } from "../internal/clock.ts";
import type { Startable, Step } from "./_step.ts";
import { applyMigrations, verifyMigrations } from "./_migrations.ts";

/** The steps that start the parts of a service, in order. */
export function startSteps(service: Startable): Step[] {
  const { settings: { deadlines, logger, options, relay }, signal, begun } = service;
  const { bus, database, listeners = [], migrate = "verify", onStart, streams = {} } = options;
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
        service.fail("bus", state.error ?? new Error("it was closed by somebody"));
      }
    });
  }
  if (bus !== undefined && streams !== false) {
    step("streams", "Streams ensured", async () => {
      const reports = await ensureStreams(bus, streams);
      for (const { name, drift } of reports) {
        if (drift.length > 0) logger.warn("A stream differs from what it should be", { stream: name, drift });
      }
    });
  }
  if (onStart !== undefined) {
    step("onStart", "onStart is done", async () => {
      begun.add(onStart);
      await onStart(signal);
    });
  }
  if (relay !== undefined) {
    step("outbox", "Outbox relay started", async () => {
      begun.add(relay);
      await relay.start();
      relay.finished.catch((error) => service.fail("outbox", error));
    });
  }
  if (listeners.length > 0) {
    step("listeners", "Listeners started", async () => {
      for (const listener of listeners) {
        if (signal.aborted) return; // a listener that began now would not be stopped
        begun.add(listener);
        await listener.start();
        listener.finished.catch((error) => service.fail("listeners", error));
      }
      return { listeners: listeners.length };
    });
  }
  step("http", "Listening", async () => ({ url: (await service.listen()).url }));
  return steps;
}
