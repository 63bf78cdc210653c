import type { AnyRow } from "./_table_mapping.ts";
import { orderText } from "./_order.ts";
import { Query } from "./_query.ts";
import { assertWhole, termsOf } from "./_reads.ts";
import { scopeOf, type Session, type Sessions, toTypedError } from "./_session.ts";
import { addWhere } from "./_where.ts";
import type { StreamOptions } from "./query_options.ts";

let cursors = 0;

/**
 * Rows in batches, of a cursor of the server: `DECLARE`, then `FETCH` until there is nothing more. A cursor of the
 * driver would be under the deadline of a query as a whole, and nothing else could run beside it in its transaction.
 */
export async function* streamRows(
  sessions: Sessions,
  filter: unknown,
  options: StreamOptions<AnyRow>,
): AsyncGenerator<AnyRow, void, undefined> {
  const { batchSize = 1000 } = options;
  assertWhole("batchSize", batchSize, 1);
  const held = await sessions.hold();
  const { session } = held;
  const name = `glam_stream_${++cursors}`;
  let declared = false;
  let ahead: Promise<AnyRow[]> | undefined;
  try {
    await declare(name, session, filter, options);
    declared = true;
    let more = true;
    while (more) {
      const rows = await (ahead ?? fetch(name, session, batchSize));
      more = rows.length === batchSize;
      // One batch ahead: the server works while the caller does.
      ahead = more ? fetch(name, session, batchSize) : undefined;
      ahead?.catch(() => {}); // the caller may stop before it is looked at
      for (const row of rows) yield row;
    }
  } catch (error) {
    throw toTypedError(error);
  } finally {
    await ahead?.catch(() => {});
    // A transaction of ours ends with its cursors; that of the caller goes on.
    if (held.joined && declared) await session.sql.unsafe(`CLOSE ${name}`).catch(() => {});
    await held.release();
  }
}

async function declare(
  name: string,
  session: Session,
  filter: unknown,
  options: StreamOptions<AnyRow>,
): Promise<void> {
  const { mapping, sql } = session;
  const query = new Query().add(
    `DECLARE ${name} NO SCROLL CURSOR FOR SELECT ${mapping.selected} FROM ${mapping.name}`,
  );
  addWhere(query, mapping, scopeOf(session, options.deleted), filter);
  if (options.orderBy !== undefined) query.add(` ORDER BY ${orderText(termsOf(mapping, options.orderBy))}`);
  await query.runOnce(sql);
}

async function fetch(name: string, { mapping, sql }: Session, batchSize: number): Promise<AnyRow[]> {
  const rows = await sql.unsafe<AnyRow>(`FETCH FORWARD ${batchSize} FROM ${name}`);
  mapping.decode?.(rows);
  return rows;
}
