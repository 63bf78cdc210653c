import { ConflictError, NotFoundError, ValidationError } from "../../errors/common.ts";
import type { AnyRow, TableMapping } from "./_table_mapping.ts";
import { assertOwn, encodeValue } from "./_insert.ts";
import { Query } from "./_query.ts";
import { addKey, readById, readRows } from "./_reads.ts";
import { scopeOf, type Session, type Sessions } from "./_session.ts";
import { bookkeepingSets } from "./_upsert.ts";
import { addWhere } from "./_where.ts";
import { isKey } from "./_key_check.ts";
import type { DeleteOptions, RowOrigin, WriteOptions } from "./query_options.ts";
import { originOf, rowError, toRowError } from "./_row_fault.ts";

/** Changes one row; gives it as stored. */
export async function updateOne(
  sessions: Sessions,
  id: unknown,
  given: unknown,
  options: WriteOptions,
): Promise<AnyRow> {
  const { mapping } = sessions;
  const from = originOf(options.from);
  const { patch, version } = toPatch(mapping, sessions, given, from);
  const names = Object.keys(patch).filter((name) => patch[name] !== undefined);
  return await sessions.run(async (session) => {
    const row = names.length === 0
      ? await unchanged(session, id, version)
      : await change(session, id, names, patch, version);
    if (row !== undefined) return row;
    // Either the row is gone or its version has moved; a second look says which.
    if (version !== undefined && await readById(session, id) !== null) throw moved(mapping);
    throw notFound(mapping, id);
  }).catch((error) => {
    // Postgres does not say whether it refused a value of the patch or the id, which is a client's.
    throw isKey(mapping, id) ? toRowError(error, mapping.table, from) : error;
  });
}

interface Patch {
  readonly patch: AnyRow;
  /** The version that the caller read, for a versioned table. */
  readonly version: number | undefined;
}

function toPatch(mapping: TableMapping, sessions: Sessions, given: unknown, from: RowOrigin): Patch {
  const tenant = sessions.tenant();
  if (typeof given !== "object" || given === null) {
    throw rowError(mapping.table, from, { message: "Expected a patch to be an object" });
  }
  const { merchant_id: merchantId, version, ...rest } = given as AnyRow;
  const { mixins } = mapping.table;
  // A whole row that is written back has the tenant's own id, which changes nothing.
  if (tenant !== undefined) assertOwn(mapping, merchantId, tenant);
  const own = {
    ...rest,
    ...(mixins.merchantScoped || merchantId === undefined ? {} : { merchant_id: merchantId }),
    ...(mixins.versioned || version === undefined ? {} : { version }),
  };
  if (mixins.versioned && !isVersion(version)) {
    throw new ValidationError("Expected the `version` that was read", { field: "version" });
  }
  return {
    patch: mapping.schemas.patch(own, from),
    version: mixins.versioned ? version as number : undefined,
  };
}

/** Whether a value fits the column `version`, an integer. */
function isVersion(version: unknown): boolean {
  return Number.isInteger(version) && Math.abs(version as number) < 2 ** 31;
}

async function change(
  session: Session,
  id: unknown,
  names: readonly string[],
  patch: AnyRow,
  version: number | undefined,
): Promise<AnyRow | undefined> {
  const { mapping } = session;
  const query = new Query().add(`UPDATE ${mapping.name} SET `);
  names.forEach((name, i) => {
    const codec = mapping.codecs.get(name)!;
    query.add(`${i > 0 ? ", " : ""}${codec.quoted} = `).bind(encodeValue(codec, patch[name]), codec.cast);
  });
  query.add(bookkeepingSets(mapping).map((set) => `, ${set}`).join(""));
  const word = addKey(query, session, id);
  if (version !== undefined) query.add(`${word}"version" = `).bind(version);
  return (await readRows(query.add(` RETURNING ${mapping.selected}`), session))[0];
}

/** The row, for a patch that changes nothing. */
async function unchanged(
  session: Session,
  id: unknown,
  version: number | undefined,
): Promise<AnyRow | undefined> {
  const row = await readById(session, id);
  return row === null || (version !== undefined && row["version"] !== version) ? undefined : row;
}

/** Deletes the rows of a filter; gives their number. */
export async function deleteMany(
  sessions: Sessions,
  filter: unknown,
  options: DeleteOptions,
): Promise<number> {
  return await sessions.run(async (session) => {
    const { mapping, sql } = session;
    const query = new Query();
    addDelete(query, mapping, options);
    addWhere(query, mapping, scopeOf(session, options.deleted), filter);
    return (await query.run(sql, mapping.statements)).count;
  });
}

/** Deletes one row. */
export async function deleteOne(sessions: Sessions, id: unknown, options: DeleteOptions): Promise<void> {
  await sessions.run(async (session) => {
    const { mapping, sql } = session;
    const query = new Query();
    addDelete(query, mapping, options);
    addKey(query, session, id, options.deleted);
    if ((await query.run(sql, mapping.statements)).count === 0) throw notFound(mapping, id);
  });
}

function addDelete(query: Query, mapping: TableMapping, { hard = false }: DeleteOptions): void {
  if (hard || !mapping.table.mixins.softDelete) {
    query.add(`DELETE FROM ${mapping.name}`);
    return;
  }
  const sets = ['"is_deleted" = TRUE', '"deleted_at" = clock_timestamp()', ...bookkeepingSets(mapping)];
  query.add(`UPDATE ${mapping.name} SET ${sets.join(", ")}`);
}

/** Brings a deleted row back; gives it as stored. */
export async function restoreOne(sessions: Sessions, id: unknown): Promise<AnyRow> {
  const { mapping } = sessions;
  if (!mapping.table.mixins.softDelete) {
    throw new TypeError(`Cannot restore a row of "${mapping.table.name}": it has no soft delete`);
  }
  return await sessions.run(async (session) => {
    const sets = ['"is_deleted" = FALSE', '"deleted_at" = NULL', ...bookkeepingSets(mapping)];
    const query = new Query().add(`UPDATE ${mapping.name} SET ${sets.join(", ")}`);
    addKey(query, session, id, "only");
    const [row] = await readRows(query.add(` RETURNING ${mapping.selected}`), session);
    if (row === undefined) throw notFound(mapping, id);
    return row;
  });
}

function notFound({ table }: TableMapping, id: unknown): NotFoundError {
  const resourceId = typeof id === "object"
    ? JSON.stringify(id, (_, value) => typeof value === "bigint" ? String(value) : value)
    : id;
  return new NotFoundError(`There is no such record of ${table.name}`, { resource: table.name, resourceId });
}

function moved({ table }: TableMapping): ConflictError {
  return new ConflictError("The record was changed by somebody else", { conflictingResource: table.name });
}
