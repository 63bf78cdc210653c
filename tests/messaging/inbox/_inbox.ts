import type { Database } from "@glam/shared/db";
import { createInbox, createListener, defineEvent, type Inbox, type Listener } from "@glam/shared/messaging";
import type { EventContract, InboxOptions, ListenerOptions, MessageBus } from "@glam/shared/messaging";
import type { LoggerLike } from "@glam/shared/logging";
import * as z from "zod";

/** The event that the tests are about. */
export const Numbered: EventContract<{ n: number }> = defineEvent(
  "evt.test.numbered.v1",
  z.object({ n: z.int() }),
);

/** A logger that keeps quiet. */
export const silent: LoggerLike = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };

type Options = ListenerOptions<[typeof Numbered], undefined, Inbox>;

/** An inbox, and a table for effects that does not mind doubles. */
export async function openInbox(db: Database, options: InboxOptions = {}): Promise<Inbox> {
  const inbox = createInbox(db, options);
  await inbox.ensureTable();
  await db
    .sql`create table if not exists effects (n int not null, at timestamptz not null default clock_timestamp())`;
  return inbox;
}

/** A listener with an inbox; the handler writes down each number. */
export function listenOnce(bus: MessageBus, inbox: Inbox, options: Partial<Options> = {}): Listener {
  return createListener(bus, {
    service: "test",
    queueGroup: "inbox",
    events: [Numbered],
    inbox,
    logger: silent,
    backoffMs: [20],
    async handle({ tx, data }) {
      await tx`insert into effects (n) values (${data.n})`;
    },
    ...options,
  });
}

/** The numbers that were written down, in order of size. */
export async function effects(db: Database): Promise<number[]> {
  const rows = await db.sql<{ n: number }>`select n from effects order by n`;
  return rows.map(({ n }) => n);
}

/** What the inbox holds, in order of key. */
export async function entries(db: Database): Promise<{ consumer: string; event_key: string }[]> {
  return [
    ...await db.sql<{ consumer: string; event_key: string }>`
    select consumer, event_key from glam_inbox order by event_key`,
  ];
}

/** Publishes as the Python services do: an envelope without headers. */
export async function publishPlain(bus: MessageBus, eventId: string, n: number): Promise<void> {
  const event = {
    event_id: eventId,
    event_type: Numbered.subject,
    timestamp: "2026-01-01T00:00:00+00:00",
    data: { n },
  };
  await bus.publish({ subject: Numbered.subject, data: JSON.stringify(event) });
}
