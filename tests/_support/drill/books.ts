import type { Database } from "@glam/shared/db";
import { type MessageBus, Streams } from "@glam/shared/messaging";
import { waitFor } from "../wait_for.ts";
import type { Operation } from "./load.ts";

type Acknowledged = ReadonlyMap<string, Operation>;

/** Waits until the summary has as many deductions as the ledger, or more. */
export async function untilSettled(db: Database, expected: number): Promise<void> {
  let count = 0;
  await waitFor(async () => {
    const [row] = await db.sql<
      { count: number }
    >`select coalesce(sum(deductions), 0)::int as count from usage`;
    count = row!.count;
    return count >= expected;
  }, () => `the summary has ${expected} operations; it has ${count}`);
}

/** The differences between acknowledged operations, the ledger, the stream and the summary. */
export async function compareBooks(
  acknowledged: Acknowledged,
  db: Database,
  bus: MessageBus,
): Promise<string[]> {
  const ledger = await db.sql<{ operation_id: string; merchant_id: string; amount: number }>`
    select operation_id, merchant_id, amount from ledger where amount < 0`;
  const summary = await db.sql<{ id: string }>`select event_key as id from glam_inbox`;
  const differences = [
    ...differ("the ledger", ledger.map((row) => row.operation_id), acknowledged),
    ...differ("the stream", await operationsInStream(bus), acknowledged),
    ...differ("the summary", summary.map(({ id }) => id.slice(id.lastIndexOf(":") + 1)), acknowledged),
  ];
  for (const { operation_id, merchant_id, amount } of ledger) {
    const asked = acknowledged.get(operation_id);
    if (asked !== undefined && (asked.merchant !== merchant_id || asked.amount !== -amount)) {
      differences.push(`Operation ${operation_id} is another one in the ledger`);
    }
  }
  const wrong = await db.sql<
    { id: string; balance: number; ledger: number; used: number; summarized: number }
  >`
    select m.id, m.balance, l.total as ledger, l.used, coalesce(u.credits, 0)::int as summarized
    from merchants m
    join (select merchant_id, sum(amount)::int as total, -sum(amount) filter (where amount < 0)::int as used
          from ledger group by merchant_id) l on l.merchant_id = m.id
    left join (select merchant_uid, sum(credits)::int as credits from usage group by merchant_uid) u
      on u.merchant_uid = m.uid
    where m.balance <> l.total or coalesce(l.used, 0) <> coalesce(u.credits, 0)`;
  for (const row of wrong) differences.push(`The books of ${row.id} do not add up: ${JSON.stringify(row)}`);
  return differences;
}

/** The operations of the events in the stream, in order, with duplicates. */
async function operationsInStream(bus: MessageBus): Promise<string[]> {
  const { firstSequence, lastSequence } = (await bus.streamInfo(Streams.EVENTS))!;
  const operations: string[] = [];
  const decoder = new TextDecoder();
  for (let from = firstSequence; from <= lastSequence; from += 100) {
    const sequences = Array.from({ length: Math.min(100, lastSequence - from + 1) }, (_, i) => from + i);
    for (
      const message of await Promise.all(
        sequences.map((sequence) => bus.readMessage(Streams.EVENTS, { sequence })),
      )
    ) {
      if (message !== undefined) operations.push(JSON.parse(decoder.decode(message.data)).data.operation_id);
    }
  }
  return operations;
}

function differ(place: string, ids: readonly string[], acknowledged: Acknowledged): string[] {
  const there = new Set(ids);
  const lost = [...acknowledged.keys()].filter((id) => !there.has(id)).length;
  const madeUp = [...there].filter((id) => !acknowledged.has(id)).length;
  const doubled = ids.length - there.size;
  const counts = [[lost, "lost"], [doubled, "doubled"], [madeUp, "made up"]] as const;
  return counts.filter(([count]) => count > 0).map(([count, word]) =>
    `${count} operations ${word} in ${place}`
  );
}
