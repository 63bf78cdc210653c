/**
 * Databases whose clock the test sets: a function `clock_timestamp()` that is found before the server's own.
 *
 * @module
 */
import { connectDatabase, type Database } from "@glam/shared/db";
import { createOutbox, defineEvent, type EventContract } from "@glam/shared/messaging";
import { createScheduler } from "@glam/shared/schedule";
import * as z from "zod";
import { PATIENT, sharedPostgres } from "../_support/postgres.ts";

/** The event of the schedules of these tests. */
export const Due: EventContract<{ tick: string }> = defineEvent(
  "cmd.test.work.do.v1",
  z.object({ tick: z.string() }),
);

/** A database with a clock of its own, an outbox and a table of schedules. */
export interface ScheduleSetting extends AsyncDisposable {
  readonly url: string;
  readonly db: Database;
  /** Another pool, as another process has it. */
  connect(): Promise<Database>;
  /** Sets the clock of the database; it stands still unless it has a `speed`, as a multiple of real time. */
  setClock(time: string, speed?: number): Promise<void>;
  /** The ticks whose events are in the outbox, in their order. */
  published(): Promise<string[]>;
}

/** Opens a database whose clock stands at `time`. */
export async function openSchedules(time: string): Promise<ScheduleSetting> {
  const name = `schedules_${crypto.randomUUID().replaceAll("-", "").slice(0, 16)}`;
  const server = await connectDatabase({ ...PATIENT, url: await sharedPostgres(), poolSize: 1 });
  await server.sql.unsafe(`create database ${name}`);
  await server.sql.unsafe(`alter database ${name} set search_path = test_clock, pg_catalog, public`);
  const url = new URL(await sharedPostgres());
  url.pathname = `/${name}`;
  const connect = () => connectDatabase({ ...PATIENT, url: url.href, poolSize: 4 });
  const db = await connect();
  await db.sql.unsafe(`
    create schema test_clock;
    create table test_clock.clock (set_at timestamptz, time timestamptz, speed float8);
    create function test_clock.clock_timestamp() returns timestamptz language sql volatile as $$
      select time + (pg_catalog.clock_timestamp() - set_at) * speed from test_clock.clock
    $$;
    insert into test_clock.clock values (pg_catalog.clock_timestamp(), '${time}', 0)`).simple();
  await createOutbox(db, { service: "test" }).ensureTable();
  await createScheduler(db, { jobs: [] }).ensureTable();
  return {
    url: url.href,
    db,
    connect,
    async setClock(time, speed = 0) {
      await db
        .sql`update test_clock.clock set set_at = pg_catalog.clock_timestamp(), time = ${time}, speed = ${speed}`;
    },
    async published() {
      const rows = await db.sql<{ body: string }>`select body from glam_outbox order by id`;
      return rows.map(({ body }) => JSON.parse(body).data.tick);
    },
    async [Symbol.asyncDispose]() {
      await db.close();
      await server.sql.unsafe(`drop database ${name} with (force)`);
      await server.close();
    },
  };
}
