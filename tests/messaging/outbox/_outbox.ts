// What the tests of the outbox share.
import type { Database, DatabaseOptions, Row, Sql } from "@glam/shared/db";
import type { LogFields, LoggerLike } from "@glam/shared/logging";
import {
  createMemoryBus,
  createOutbox,
  defineEvent,
  type EventContract,
  type GlamEvent,
  type MemoryBus,
  type MessageBus,
  type Outbox,
  type OutboxOptions,
  type Relay,
  type RelayHealth,
  Streams,
} from "@glam/shared/messaging";
import * as z from "zod";
import { createTestDatabase, type TestDatabase } from "../../_support/postgres.ts";
import { PATIENCE_MS, waitFor } from "../../_support/wait_for.ts";

/** What they carry. */
export interface NotedData {
  n: number;
  text?: string | undefined;
}

export const Noted: EventContract<NotedData> = defineEvent(
  "evt.test.noted.v1",
  z.object({ n: z.int(), text: z.string().optional() }),
);
/** An event that no stream of the memory bus takes until it is told to. */
export const Homeless: EventContract<{ n: number }> = defineEvent(
  "cmd.test.homeless.v1",
  z.object({ n: z.int() }),
);

/** A line of a {@link KeepingLogger}. */
export interface KeptLine {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

/** A logger that keeps its lines. */
export interface KeepingLogger extends LoggerLike {
  readonly lines: KeptLine[];
}

function keepingLogger(): KeepingLogger {
  const lines: KeptLine[] = [];
  const at = (level: string) => (message: string, fields: LogFields = {}): void => {
    lines.push({ level, message, fields });
  };
  const [debug, info, warn, error, critical] = ["debug", "info", "warn", "error", "critical"].map(at) as [
    LoggerLike["debug"],
    LoggerLike["info"],
    LoggerLike["warn"],
    LoggerLike["error"],
    LoggerLike["critical"],
  ];
  return { lines, debug, info, warn, error, critical };
}

/** An outbox in a schema of its own, and a bus in this process. */
export interface OutboxSetting extends AsyncDisposable {
  readonly db: TestDatabase;
  readonly bus: MemoryBus;
  readonly outbox: Outbox;
  readonly logger: KeepingLogger;
  /** Another outbox on the same table. */
  another(options?: Partial<OutboxOptions>): Outbox;
}

export async function openOutbox(
  options: Partial<OutboxOptions> = {},
  database: DatabaseOptions & { readonly url?: string } = {},
): Promise<OutboxSetting> {
  const db = await createTestDatabase(database);
  const bus = createMemoryBus({ maxPayloadBytes: 4000 });
  const logger = keepingLogger();
  const another = (own: Partial<OutboxOptions> = {}) =>
    createOutbox(db, { service: "test", pollMs: 200, logger, ...options, ...own });
  const outbox = another();
  await outbox.ensureTable();
  return {
    db,
    bus,
    outbox,
    logger,
    another,
    async [Symbol.asyncDispose]() {
      await bus.close();
      await db[Symbol.asyncDispose]();
    },
  };
}

/** Adds `evt.test.noted.v1` with these numbers, in one transaction. */
export function addNumbers(
  db: Database,
  outbox: Outbox,
  numbers: readonly number[],
  keyOf?: (n: number) => string | undefined,
): Promise<unknown> {
  return db.transaction(async (tx: Sql) => {
    for (const n of numbers) await outbox.add(tx, Noted, { n }, { key: keyOf?.(n) });
  });
}

/** A message of a stream, as the tests look at it. */
export interface StoredEvent {
  readonly id: string;
  readonly subject: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly event: GlamEvent<{ readonly n: number }>;
}

/** What the stream of events holds, in order. */
export async function storedEvents(bus: MessageBus): Promise<StoredEvent[]> {
  const found: StoredEvent[] = [];
  for (let from = 1;;) {
    const message = await bus.readMessage(Streams.EVENTS, { from }).catch(() => undefined);
    if (message === undefined) return found;
    from = message.sequence + 1;
    const headers = new Map([...message.headers].map(([name, value]) => [name.toLowerCase(), value]));
    found.push({
      id: headers.get("nats-msg-id") ?? "",
      subject: message.subject,
      headers,
      event: JSON.parse(new TextDecoder().decode(message.data)),
    });
  }
}

/** The numbers of the stored events, in order. */
export async function storedNumbers(bus: MessageBus): Promise<number[]> {
  return (await storedEvents(bus)).map(({ event }) => event.data.n);
}

/** The rows of the table, the oldest first. */
export function rowsOf(db: Database): Promise<Row[]> {
  return db.sql`select * from glam_outbox order by id`;
}

/** The numbers from `first` to `last`. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** Sends what is due, and nothing else. */
export async function relayOnce(outbox: Outbox, bus: MessageBus): Promise<void> {
  const relay = outbox.relay(bus, { graceMs: PATIENCE_MS });
  await relay.start();
  await relay.stop();
}

/** How a relay is, once its database answers it in time: it has a second, in which it may not have a processor. */
export async function healthOf(relay: Relay): Promise<RelayHealth> {
  const health = await waitFor(async () => {
    const health = await relay.health();
    return !health.reasons.includes("The database does not answer") && health;
  }, "the database answers");
  return health as RelayHealth;
}

/** Writes events under load. */
export interface Writer {
  /** How many it has written. */
  readonly written: number;
  /** Has it write on until there are so many. */
  writeUpTo(total: number): void;
  /** Ends it; gives how many it has written. */
  stop(): Promise<number>;
}

/** Starts a writer of `evt.test.noted.v1`, numbered from 1, 20 in a transaction. */
export function startWriter(
  db: Database,
  outbox: Outbox,
  keyOf: (n: number) => string | undefined,
): Writer {
  let [written, wanted, isOver] = [0, 0, false];
  let changed = Promise.withResolvers<void>();
  const writing = (async () => {
    while (!isOver) {
      if (written >= wanted) await changed.promise;
      else {
        await addNumbers(db, outbox, range(written + 1, written + 20), keyOf);
        written += 20;
      }
    }
  })();
  writing.catch(() => {}); // who stops it hears of it
  const change = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  return {
    get written() {
      return written;
    },
    writeUpTo(total) {
      wanted = total;
      change();
    },
    async stop() {
      isOver = true;
      change();
      await writing;
      return written;
    },
  };
}
