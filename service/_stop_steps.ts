import type { Startable, Step } from "./_step.ts";

/** The steps that stop a service, in order: every part that has begun to start, and the bus and database it was given. */
export function stopSteps(service: Startable): Step[] {
  const { begun, managementServer, server, sockets, settings: { deadlines, options, relay } } = service;
  const { bus, database, listeners = [], onStart, onStop, responders = [], scheduler } = options;
  const steps: Step[] = [];
  if (server !== undefined) {
    steps.push({
      part: "http",
      done: "HTTP drained",
      deadlineMs: deadlines.http,
      async run() {
        await Promise.all([server.drain(), sockets?.close()]);
        await server.close();
      },
      giveUp: () => service.cutOff(server),
    });
  }
  if (responders.length > 0) {
    steps.push({
      part: "responders",
      done: "Responders closed",
      deadlineMs: deadlines.http,
      async run() {
        await Promise.all(responders.map((responder) => responder.close()));
      },
    });
  }
  if (scheduler !== undefined && begun.has(scheduler)) {
    steps.push({
      part: "scheduler",
      done: "Scheduler stopped",
      deadlineMs: deadlines.scheduler,
      run: () => scheduler.stop(),
    });
  }
  const started = listeners.filter((listener) => begun.has(listener));
  if (started.length > 0) {
    steps.push({
      part: "listeners",
      done: "Listeners stopped",
      deadlineMs: deadlines.listeners,
      async run() {
        await Promise.all(started.map((listener) => listener.stop()));
      },
    });
  }
  if (relay !== undefined && begun.has(relay)) {
    steps.push({
      part: "outbox",
      done: "Outbox relay stopped",
      deadlineMs: deadlines.outbox,
      run: () => relay.stop(),
    });
  }
  if (onStop !== undefined && (onStart === undefined || begun.has(onStart))) {
    steps.push({
      part: "onStop",
      done: "onStop is done",
      deadlineMs: deadlines.onStop,
      run: async () => await onStop(),
    });
  }
  if (managementServer !== undefined) {
    steps.push({
      part: "management",
      done: "Management port closed",
      deadlineMs: deadlines.http,
      run: () => managementServer.close(), // pages that are open may never end
    });
  }
  if (bus !== undefined) {
    steps.push({ part: "bus", done: "Bus closed", deadlineMs: deadlines.bus, run: () => bus.close() });
  }
  if (database !== undefined) {
    steps.push({
      part: "database",
      done: "Database closed",
      deadlineMs: deadlines.database,
      run: () => database.close(),
    });
  }
  return steps;
}
