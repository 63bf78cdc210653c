import type { MigrationFile } from "@glam/shared/db";
import type { Listener } from "@glam/shared/messaging";
import {
  createService,
  type RelayLike,
  type SchedulerLike,
  type Service,
  type ServiceDeadlines,
  type ServiceOptions,
} from "@glam/shared/service";
import { type LogEntry, recordingLogger } from "../_support/recording_logger.ts";
import { PATIENCE_MS } from "../_support/wait_for.ts";

/** Deadlines that a step keeps also where its process gets no CPU for a while. */
export const patientDeadlines: ServiceDeadlines = {
  start: PATIENCE_MS,
  http: PATIENCE_MS,
  listeners: PATIENCE_MS,
  outbox: PATIENCE_MS,
  scheduler: PATIENCE_MS,
  onStop: PATIENCE_MS,
  bus: PATIENCE_MS,
  database: PATIENCE_MS,
};

/** A service on a free port of the loopback interface, without a grace and with patient deadlines, and its log. */
export function testService(
  options: Partial<ServiceOptions> = {},
): { readonly service: Service; readonly lines: LogEntry[]; steps(): string[] } {
  const { entries: lines, logger } = recordingLogger();
  const service = createService({
    name: "test",
    port: 0,
    hostname: "127.0.0.1",
    graceMs: 0,
    logger,
    ...options,
    deadlines: { ...patientDeadlines, ...options.deadlines },
  });
  return { service, lines, steps: () => lines.map(({ message }) => message) };
}

/** What is left of a promise's outcome: its error, or a failure of the test. */
export async function errorOf(promise: Promise<unknown>): Promise<Error & { readonly part?: string }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("Expected a rejection");
}

/** Three files that make a table each. */
export const migrations: readonly MigrationFile[] = ["0001_create_a", "0002_create_b", "0003_create_c"].map((
  name,
) => ({
  name: `${name}.sql`,
  sql: `-- migrate:up\ncreate table ${name.at(-1)} (id int);\n-- migrate:down\ndrop table ${name.at(-1)};\n`,
}));

/** A relay that only notes what it is told. */
export function fakeRelay(failing: { start?: Error } = {}): RelayLike & { readonly calls: string[] } {
  const calls: string[] = [];
  return {
    calls,
    finished: new Promise<void>(() => {}),
    start: () => {
      calls.push("start");
      return failing.start === undefined ? Promise.resolve() : Promise.reject(failing.start);
    },
    stop: () => Promise.resolve(void calls.push("stop")),
    health: () => ({ status: "healthy" }),
  };
}

/** A listener that does nothing, or cannot start. */
export function fakeListener(failing?: Error): Listener {
  return {
    finished: new Promise<void>(() => {}),
    durables: new Map(),
    start: () => failing === undefined ? Promise.resolve() : Promise.reject(failing),
    stop: () => Promise.resolve(),
    pause: () => Promise.resolve(),
    resume: () => {},
    stats: () => ({ paused: false, consumers: [] }),
    health: () => Promise.resolve({ status: "healthy", reasons: [], in_flight: 0, consumers: [] }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** A scheduler that only notes what it is told. */
export function fakeScheduler(failing: { start?: Error } = {}): SchedulerLike & { readonly calls: string[] } {
  const calls: string[] = [];
  return {
    calls,
    start() {
      calls.push("start");
      return failing.start === undefined ? Promise.resolve() : Promise.reject(failing.start);
    },
    stop: () => (calls.push("stop"), Promise.resolve()),
    health: () => ({ status: "healthy" }),
  };
}
