import type { Database } from "@glam/shared/db";
import { CreditDeducted, type MessageBus, Streams } from "@glam/shared/messaging";
import { OrderChanged } from "../../../examples/fleet/orders/events.ts";
import { waitFor } from "../wait_for.ts";
import { type AcknowledgedOrder, CREDITS } from "./load.ts";

/** Where the books are. */
export interface Books {
  readonly credits: Database;
  readonly orders: Database;
  readonly bus: MessageBus;
}

/** Waits until nothing is under way: orders, refunds, events of both outboxes, and the read models. */
export async function untilSettled({ credits, orders }: Books): Promise<void> {
  let left: object = {};
  await waitFor(async () => {
    const [ofOrders] = await orders.sql<Record<string, number>>`
      select
        (select count(*) from orders where status in ('pending', 'placed'))::int as "open orders",
        (select count(*) from orders where status = 'cancelled' and refunded_at is null)::int as "refunds",
        (select count(*) from glam_outbox where status <> 'sent')::int as "events of orders",
        (select count(*) from glam_outbox)::int - (select count(*) from order_history)::int as "entries of the history"`;
    const [ofCredits] = await credits.sql<Record<string, number>>`
      select
        (select count(*) from glam_outbox where status <> 'sent')::int as "events of credits",
        (select count(*) from ledger where amount < 0)::int
          - (select coalesce(sum(deductions), 0) from usage)::int as "deductions in the summary"`;
    left = { ...ofOrders, ...ofCredits };
    return Object.values(left).every((count) => count as number <= 0);
  }, () => `nothing is under way any more: ${JSON.stringify(left)}`);
}

interface OrderRow {
  readonly id: string;
  readonly merchant_id: string;
  readonly request_key: string;
  readonly credits: number;
  readonly status: string;
}

interface LedgerRow {
  readonly merchant_id: string;
  readonly operation_id: string;
  readonly amount: number;
  readonly refunds: string | null;
}

/** The differences between what clients were told, the orders, the ledger, the streams and the read models. */
export async function compareBooks(
  acknowledged: ReadonlyMap<string, AcknowledgedOrder>,
  { credits, orders, bus }: Books,
): Promise<string[]> {
  const rows = await orders.sql<OrderRow>`select id, merchant_id, request_key, credits, status from orders`;
  const ledger = await credits.sql<LedgerRow>`select merchant_id, operation_id, amount, refunds from ledger`;
  return [
    ...compareOrders(acknowledged, rows),
    ...compareLedger(rows, ledger),
    ...await compareBalances(rows, credits),
    ...compareHistories("the stream", rows, await changesInStream(bus)),
    ...compareHistories("the history", rows, await changesInHistory(orders)),
    ...compareDeductions("the stream", ledger, await deductionsInStream(bus)),
    ...await compareUsage(credits),
    ...await deadLetters(bus),
  ];
}

/** What clients were told is what the orders say. */
function compareOrders(
  acknowledged: ReadonlyMap<string, AcknowledgedOrder>,
  rows: readonly OrderRow[],
): string[] {
  const differences: string[] = [];
  const byKey = new Map(rows.map((row) => [row.request_key, row]));
  for (const [key, told] of acknowledged) {
    const row = byKey.get(key);
    if (row === undefined) differences.push(`An order is lost: ${JSON.stringify(told)}`);
    else if (
      (told.id ?? row.id) !== row.id || told.merchant !== row.merchant_id || told.credits !== row.credits ||
      told.outcome !== row.status
    ) differences.push(`An order is another one: ${JSON.stringify(told)} is ${JSON.stringify(row)}`);
  }
  const madeUp = rows.filter(({ request_key }) => !acknowledged.has(request_key));
  if (madeUp.length > 0) {
    differences.push(`${madeUp.length} orders are made up: ${JSON.stringify(madeUp[0])}`);
  }
  return differences;
}

/** Each order took its credits once; of a cancelled one they were given back once. */
function compareLedger(rows: readonly OrderRow[], ledger: readonly LedgerRow[]): string[] {
  const differences: string[] = [];
  const deductions = groupBy(ledger.filter(({ amount }) => amount < 0), ({ operation_id }) => operation_id);
  const refunds = groupBy(ledger.filter((row) => row.refunds !== null), (row) => row.refunds!);
  for (const order of rows) {
    const taken = deductions.get(order.id) ?? [];
    const back = refunds.get(order.id) ?? [];
    deductions.delete(order.id);
    refunds.delete(order.id);
    const amounts = JSON.stringify([taken, back].map((all) => all.map(({ amount }) => amount)));
    const { credits, status } = order;
    const expected = status === "paid"
      ? [JSON.stringify([[-credits], []])]
      : [JSON.stringify([[-credits], [credits]]), JSON.stringify([[], [0]])]; // the latter: it never took any
    if (!expected.includes(amounts)) {
      differences.push(`The ledger has ${amounts} of an order: ${JSON.stringify(order)}`);
    }
  }
  for (const [what, left] of [["deductions", deductions], ["refunds", refunds]] as const) {
    if (left.size > 0) differences.push(`${left.size} ${what} are made up: ${[...left.keys()][0]}`);
  }
  return differences;
}

/** What a merchant has left is what it began with, less what its paid orders took. */
async function compareBalances(rows: readonly OrderRow[], credits: Database): Promise<string[]> {
  const spent = groupBy(rows.filter(({ status }) => status === "paid"), (row) => row.merchant_id);
  const merchants = await credits.sql<{ id: string; balance: number; ledger: number }>`
    select m.id, m.balance, (select sum(amount)::int from ledger l where l.merchant_id = m.id) as ledger
    from merchants m where id <> 'demo'`;
  return merchants.flatMap(({ id, balance, ledger }) => {
    const expected = CREDITS - (spent.get(id) ?? []).reduce((sum, order) => sum + order.credits, 0);
    return balance === expected && ledger === expected
      ? []
      : [`${id} has ${balance} credits and ${ledger} in the ledger, and should have ${expected}`];
  });
}

/** Each change of an order once, in its order. */
function compareHistories(
  place: string,
  rows: readonly OrderRow[],
  histories: ReadonlyMap<string, readonly string[]>,
): string[] {
  const counts = { lost: 0, doubled: 0, "out of order": 0, "made up": 0 };
  const statuses = new Map(rows.map(({ id, status }) => [id, status]));
  for (const id of histories.keys()) if (!statuses.has(id)) counts["made up"]++;
  for (const [id, status] of statuses) {
    const seen = histories.get(id) ?? [];
    const expected = ["placed", status];
    if (seen.length !== new Set(seen).size) counts.doubled++;
    else if (status === "cancelled" && seen.join() === "cancelled") continue; // before it was placed
    else if (seen.join() === expected.toReversed().join()) counts["out of order"]++;
    else if (seen.join() !== expected.join()) counts[seen.length < 2 ? "lost" : "made up"]++;
  }
  return Object.entries(counts).filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} orders have changes that are ${what} in ${place}`);
}

async function changesInHistory(orders: Database): Promise<Map<string, string[]>> {
  const rows = await orders.sql<{ order_id: string; status: string }>`
    select order_id, status from order_history order by id`;
  return statusesOf(rows);
}

async function changesInStream(bus: MessageBus): Promise<Map<string, string[]>> {
  return statusesOf(await dataInStream(bus, `${OrderChanged.subject}.*`));
}

function statusesOf(changes: readonly { order_id: string; status: string }[]): Map<string, string[]> {
  const byOrder = groupBy(changes, ({ order_id }) => order_id);
  return new Map([...byOrder].map(([id, all]) => [id, all.map(({ status }) => status)]));
}

/** Each deduction of the ledger once. */
function compareDeductions(place: string, ledger: readonly LedgerRow[], events: readonly string[]): string[] {
  const expected = new Set(ledger.filter(({ amount }) => amount < 0).map(({ operation_id }) => operation_id));
  const seen = new Set(events);
  const counts = [
    [expected.difference(seen).size, "lost"],
    [events.length - seen.size, "doubled"],
    [seen.difference(expected).size, "made up"],
  ] as const;
  return counts.filter(([count]) => count > 0).map(([count, word]) =>
    `${count} deductions ${word} in ${place}`
  );
}

async function deductionsInStream(bus: MessageBus): Promise<string[]> {
  const events = await dataInStream<{ operation_id: string }>(bus, CreditDeducted.subject);
  return events.map(({ operation_id }) => operation_id);
}

async function compareUsage(credits: Database): Promise<string[]> {
  const wrong = await credits.sql`
    select m.id, coalesce(l.used, 0)::int as used, coalesce(u.credits, 0)::int as summarized
    from merchants m
    left join (select merchant_id, -sum(amount) as used from ledger where amount < 0 group by merchant_id) l
      on l.merchant_id = m.id
    left join (select merchant_uid, sum(credits) as credits from usage group by merchant_uid) u
      on u.merchant_uid = m.uid
    where coalesce(l.used, 0) <> coalesce(u.credits, 0)`;
  return wrong.map((row) => `The summary of a merchant is another one: ${JSON.stringify(row)}`);
}

/** No event was given up. */
async function deadLetters(bus: MessageBus): Promise<string[]> {
  const { messages } = (await bus.streamInfo(Streams.DLQ))!;
  return messages === 0 ? [] : [`${messages} events are dead letters`];
}

/** The data of the events of a subject, in the order of the stream. */
async function dataInStream<T>(bus: MessageBus, subject: string): Promise<T[]> {
  const stream = (await bus.findStream(subject))!; // that of its domain
  const decoder = new TextDecoder();
  const events: T[] = [];
  for await (const message of bus.readMessages!(stream, { from: 1, subject })) {
    events.push(JSON.parse(decoder.decode(message.data)).data);
  }
  return events;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  return Map.groupBy(items, keyOf);
}
