import type { AnyRow } from "./_table_mapping.ts";
import { orderText } from "./_order.ts";
import { Query } from "./_query.ts";
import { assertInteger, termsOf } from "./_reads.ts";
import { scopeOf, type Session, type Sessions, toTypedError } from "./_session.ts";
import { addWhere } from "./_where.ts";
import type { StreamOptions } from "./query_options.ts";

let cursors = 0;

/**
 * Reads rows in batches from a server-side cursor: `DECLARE`, then `FETCH` until none are left. The driver's own cursor
 * would have the deadline of one query for all of it, and would block other statements of its transaction.
 */
export async function* streamRows(
  sessions: Sessions,
  filter: unknown,
  options: StreamOptions<AnyRow>,
): AsyncGenerator<AnyRow, void, undefined> {
  const { batchSize = 1000 } = options;
  assertInteger("batchSize", batchSize, 1);
  const held = await sessions.hold();
  const name = `glam_stream_${++cursors}`;
  let declared = false;
  let ahead: Promise<AnyRow[]> | undefined;
  const next = () => held.run((session) => fetch(name, session, batchSize));
  try {
    await held.run((session) => declare(name, session, filter, options));
    declared = true;
    let more = true;
    while (more) {
      const rows = await (ahead ?? next());
      more = rows.length === batchSize;
      // Reads one batch ahead, so that the server works while the caller handles rows.
      ahead = more && held.readsAhead ? next() : undefined;
      ahead?.catch(() => {}); // the caller may stop before it is awaited
      for (const row of rows) yield row;
    }
  } catch (error) {
    throw toTypedError(error);
  } finally {
    await ahead?.catch(() => {});
    // The end of a transaction closes its cursors; the caller's transaction continues.
    if (held.joined && declared) await held.run(({ sql }) => sql.unsafe(`CLOSE ${name}`)).catch(() => {});
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
    `DECLARE ${name} NO SCROLL CURSOR FOR SELECT ${mapping.selected} FROM ${mapping.name} AS stored`,
  );
  addWhere(query, mapping, scopeOf(session, options.deleted), filter);
  if (options.orderBy !== undefined) {
    query.add(` ORDER BY ${orderText(termsOf(mapping, options.orderBy), "stored")}`);
  }
  await query.runOnce(sql);
}

async function fetch(name: string, { mapping, sql }: Session, batchSize: number): Promise<AnyRow[]> {
  const rows = await sql.unsafe<AnyRow>(`FETCH FORWARD ${batchSize} FROM ${name}`);
  mapping.decode?.(rows);
  return rows;
}
