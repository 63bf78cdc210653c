import { createLogger } from "../logging/create_logger.ts";
import type { Database } from "../db/mod.ts";
import { createScheduler, type Scheduler } from "../schedule/mod.ts";
import { type DatabaseFlags, openDatabase } from "./_connect.ts";

/** The options of the commands on schedules. */
export interface ScheduleFlags extends DatabaseFlags {
  readonly table?: string;
}

/** The table of schedules, and the database that it is in. */
export interface OpenSchedules extends AsyncDisposable {
  readonly database: Database;
  readonly scheduler: Scheduler;
}

/** Opens the table of schedules, without a schedule of this process. */
export async function openSchedules({ table, ...flags }: ScheduleFlags): Promise<OpenSchedules> {
  const database = await openDatabase(flags);
  const logger = createLogger("glam", { sink() {} });
  const scheduler = createScheduler(database, { jobs: [], table, logger });
  return { database, scheduler, [Symbol.asyncDispose]: () => database.close() };
}
