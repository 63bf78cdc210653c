import { assertWhole } from "../internal/assert_number.ts";
import { MAX_TIMER_MS } from "../internal/clock.ts";
import type { EventContract } from "../messaging/contract/define_event.ts";
import type { EventScheduleOptions, RunScheduleOptions, ScheduleOptions } from "./options.ts";
import type { Schedule, ScheduledEvent, ScheduledFunction } from "./schedule.ts";
import { timingOf } from "./_timing.ts";

/**
 * Defines work that is due at certain times: an event that is published, or a function that runs in one of the processes.
 *
 * With `event`, a tick is an event in the outbox, once for all processes, with the delivery, the retries and the dead
 * letters of events. With `run`, one process runs the function under a lease; another one begins the tick again where that
 * process is killed, so the function has to bear a second run.
 *
 * @example
 * ```ts
 * import { defineEvent } from "@glam/shared/messaging";
 * import { defineSchedule } from "@glam/shared/schedule";
 * import * as z from "zod";
 *
 * const SyncRequested = defineEvent("cmd.catalog.sync.request.v1", z.object({ requested_at: z.iso.datetime() }));
 *
 * const nightly = defineSchedule("nightly-sync", {
 *   cron: "30 2 * * *",
 *   timeZone: "Europe/Berlin",
 *   event: SyncRequested,
 *   data: (tick) => ({ requested_at: tick.at.toISOString() }),
 * });
 *
 * console.log(nightly.nextAfter(new Date("2026-07-01T12:00:00Z"))); // 2026-07-02T00:30:00.000Z
 * ```
 *
 * @throws {TypeError} when an option is malformed, such as a cron expression with seconds, or an unknown time zone.
 * @throws {RangeError} when a number is out of its range, or no date fits the expression.
 */
export function defineSchedule<Data, Input>(
  name: string,
  options: EventScheduleOptions<Data, Input>,
): Schedule;
/** Defines a function that runs at certain times. */
export function defineSchedule(name: string, options: RunScheduleOptions): Schedule;
export function defineSchedule<Data, Input>(
  name: string,
  options: EventScheduleOptions<Data, Input> | RunScheduleOptions,
): Schedule {
  if (typeof name !== "string" || !/^[a-z0-9][a-z0-9_.-]{0,62}$/i.test(name)) {
    throw new TypeError(
      `Expected the name of a schedule to be 1 to 63 letters, digits, "-", "_" and ".", got ${
        JSON.stringify(name)
      }`,
    );
  }
  const { cron, everyMs, timeZone = "UTC", missed = "once", maxCatchUp = 100 } = options;
  if ((cron === undefined) === (everyMs === undefined)) {
    throw new TypeError(
      `Expected one of \`cron\` and \`everyMs\`, got ${cron === undefined ? "none" : "both"}`,
    );
  }
  if (cron !== undefined && typeof cron !== "string") {
    throw new TypeError(`Expected \`cron\` to be a string, got ${typeof cron}`);
  }
  if (everyMs !== undefined) assertWhole("everyMs", everyMs, 1000);
  assertOneOf("missed", missed, ["all", "once", "skip"]);
  assertWhole("maxCatchUp", maxCatchUp, 1, 10_000);
  const timing = {
    ...cron !== undefined && { cron },
    ...everyMs !== undefined && { everyMs },
    timeZone,
  };
  const { next } = timingOf(timing);
  return { name, ...timing, missed, maxCatchUp, action: actionOf(options), nextAfter: next };
}

function actionOf<Data, Input>(
  options: EventScheduleOptions<Data, Input> | RunScheduleOptions,
): ScheduledEvent | ScheduledFunction {
  const { event, data, run } = options as Partial<
    EventScheduleOptions<Data, Input> & { run: RunScheduleOptions["run"] }
  >;
  if ((event === undefined) === (run === undefined)) {
    throw new TypeError(
      `Expected one of \`event\` and \`run\`, got ${event === undefined ? "none" : "both"}`,
    );
  }
  if (event !== undefined) return eventAction(event, data);
  if (typeof run !== "function") throw new TypeError(`Expected \`run\` to be a function, got ${typeof run}`);
  const { timeoutMs = 60_000, leaseMs = 30_000, maxAttempts = 3, overlap = "skip" } =
    options as RunScheduleOptions;
  assertWhole("timeoutMs", timeoutMs, 1, MAX_TIMER_MS);
  assertWhole("leaseMs", leaseMs, 500, MAX_TIMER_MS);
  assertWhole("maxAttempts", maxAttempts, 1, 1000);
  assertOneOf("overlap", overlap, ["skip", "wait"]);
  return { type: "run", run, timeoutMs, leaseMs, maxAttempts, overlap };
}

function eventAction<Data, Input>(
  event: EventContract<Data, Input>,
  data: EventScheduleOptions<Data, Input>["data"] | undefined,
): ScheduledEvent {
  if (typeof event?.subject !== "string") {
    throw new TypeError("Expected `event` to be a contract of defineEvent()");
  }
  if (typeof data !== "function") {
    throw new TypeError(`Expected \`data\` to be a function that gives the event's data, got ${typeof data}`);
  }
  return {
    type: "event",
    subject: event.subject,
    add: async (outbox, tx, tick, key) =>
      await outbox.add(tx, event, await data(tick), { key, idempotencyKey: key }),
  };
}

function assertOneOf(
  name: keyof ScheduleOptions | "overlap",
  value: unknown,
  known: readonly string[],
): void {
  if (known.includes(value as string)) return;
  throw new TypeError(`Expected \`${name}\` to be one of ${known.join(", ")}, got ${JSON.stringify(value)}`);
}
