import { ValidationError } from "../../errors/common.ts";
import { type AnyRow, encodeKey, type TableMapping } from "./_table_mapping.ts";
import { orderText, type Term, toTerms } from "./_order.ts";
import { Query } from "./_query.ts";
import { scopeOf, type Session, type Sessions, toTypedError } from "./_session.ts";
import { addScope, addWhere } from "./_where.ts";
import type { DeletedRows, FindAllOptions, FindPageOptions, Page } from "./query_options.ts";

/** The most rows that `findAll` gives without a `limit`. */
const MAX_UNLIMITED = 10_000;
const DEFAULT_PAGE = 50;
const MAX_PAGE = 1000;

/**
 * The row with this key, or null. It is the most frequent call of a service, so its text is built once, and the query's
 * promise is returned without `await`, which would allocate another one.
 */
export function findById(sessions: Sessions, id: unknown, deleted?: DeletedRows): Promise<AnyRow | null> {
  const { mapping, db } = sessions;
  if (mapping.table.rowLevelSecurity) return sessions.run((session) => readById(session, id, deleted));
  try {
    const tenant = sessions.tenant();
    const values = encodeKey(mapping, id);
    if (tenant !== undefined) values.push(tenant.id);
    return db.sql<AnyRow>(byIdText(mapping, tenant?.id, deleted), ...values).then(
      (rows) => firstOf(mapping, rows),
      failTyped,
    );
  } catch (error) {
    return Promise.reject(toTypedError(error));
  }
}

function firstOf(mapping: TableMapping, rows: readonly AnyRow[]): AnyRow | null {
  try {
    mapping.decode?.(rows);
    return rows[0] ?? null;
  } catch (error) {
    return failTyped(error);
  }
}

function failTyped(error: unknown): never {
  throw toTypedError(error);
}

const byId = new WeakMap<TableMapping, Map<DeletedRows | undefined, TemplateStringsArray>>();

function byIdText(
  mapping: TableMapping,
  tenant: string | undefined,
  deleted: DeletedRows | undefined,
): TemplateStringsArray {
  let texts = byId.get(mapping);
  if (texts === undefined) byId.set(mapping, texts = new Map());
  let text = texts.get(deleted);
  if (text === undefined) {
    const query = new Query().add(`SELECT ${mapping.selected} FROM ${mapping.name}`);
    const word = mapping.key.reduce((word, { quoted, cast }) => {
      query.add(`${word}${quoted} = `).bind(null, cast);
      return " AND ";
    }, " WHERE ");
    addScope(query, mapping, { tenant, deleted }, word);
    texts.set(deleted, text = query.template(mapping.statements));
  }
  return text;
}

/** The row with this key, or null. */
export async function readById(session: Session, id: unknown, deleted?: DeletedRows): Promise<AnyRow | null> {
  const { mapping } = session;
  const query = new Query().add(`SELECT ${mapping.selected} FROM ${mapping.name}`);
  addKey(query, session, id, deleted);
  return (await readRows(query, session))[0] ?? null;
}

/** Writes the condition that selects one row; gives the keyword before the next condition. */
export function addKey(query: Query, session: Session, id: unknown, deleted?: DeletedRows): string {
  const { mapping } = session;
  let word = " WHERE ";
  encodeKey(mapping, id).forEach((value, i) => {
    const { quoted, cast } = mapping.key[i]!;
    query.add(`${word}${quoted} = `).bind(value, cast);
    word = " AND ";
  });
  return addScope(query, mapping, scopeOf(session, deleted), word);
}

/** Runs a query that selects rows of the table, and decodes them. */
export async function readRows(query: Query, { mapping, sql }: Session): Promise<AnyRow[]> {
  const rows = await query.run(sql, mapping.statements);
  mapping.decode?.(rows);
  return rows;
}

/** All rows, or those from `offset` on up to `limit`. */
export async function readAll(
  session: Session,
  filter: unknown,
  options: FindAllOptions<AnyRow>,
): Promise<AnyRow[]> {
  const { mapping } = session;
  const { orderBy, limit, offset = 0, deleted } = options;
  if (limit !== undefined) assertInteger("limit", limit, 0);
  assertInteger("offset", offset, 0);
  const query = new Query().add(`SELECT ${mapping.selected} FROM ${mapping.name} AS stored`);
  addWhere(query, mapping, scopeOf(session, deleted), filter);
  query.add(` ORDER BY ${orderText(termsOf(mapping, orderBy), "stored")} LIMIT `).bind(
    limit ?? MAX_UNLIMITED + 1,
  );
  if (offset > 0) query.add(" OFFSET ").bind(offset);
  const rows = await readRows(query, session);
  if (limit === undefined && rows.length > MAX_UNLIMITED) {
    throw new RangeError(
      `Cannot find all rows of "${mapping.table.name}": there are more than ${MAX_UNLIMITED}; give a \`limit\`, or read them with stream()`,
    );
  }
  // A plain array: the driver's has extra members.
  return Array.from(rows);
}

/** A page by its number, and the number of rows in the list. */
export async function readPage(
  session: Session,
  filter: unknown,
  options: FindPageOptions<AnyRow>,
): Promise<Page<AnyRow>> {
  const { page = 1, limit, ...rest } = options;
  assertInteger("page", page, 1);
  const size = pageSize(limit);
  const [items, total] = await Promise.all([
    readAll(session, filter, { ...rest, limit: size, offset: (page - 1) * size }),
    readCount(session, filter, rest.deleted),
  ]);
  return { items, page, limit: size, total };
}

/** The number of rows. */
export async function readCount(session: Session, filter: unknown, deleted?: DeletedRows): Promise<number> {
  const { mapping, sql } = session;
  const query = new Query().add(`SELECT count(*) AS total FROM ${mapping.name}`);
  addWhere(query, mapping, scopeOf(session, deleted), filter);
  const [row] = await query.run(sql, mapping.statements);
  return Number(row!["total"]);
}

/** Whether any row matches. */
export async function readExists(session: Session, filter: unknown, deleted?: DeletedRows): Promise<boolean> {
  const { mapping, sql } = session;
  const query = new Query().add(`SELECT 1 AS found FROM ${mapping.name}`);
  addWhere(query, mapping, scopeOf(session, deleted), filter);
  return (await query.add(" LIMIT 1").run(sql, mapping.statements)).length > 0;
}

/** The requested order, ending with the primary key. */
export function termsOf(mapping: TableMapping, orderBy: unknown): readonly Term[] {
  return toTerms(mapping.codecs, mapping.table.primaryKey.columns, orderBy);
}

/** The rows of a page. */
export function pageSize(limit: number = DEFAULT_PAGE): number {
  assertInteger("limit", limit, 1);
  return Math.min(limit, MAX_PAGE);
}

/** Validates a number that may come from a client. */
export function assertInteger(name: string, value: unknown, least: number): void {
  if (!Number.isSafeInteger(value) || (value as number) < least) {
    throw new ValidationError(
      `Expected \`${name}\` to be a whole number from ${least}, got ${String(value)}`,
      {
        field: name,
      },
    );
  }
}
