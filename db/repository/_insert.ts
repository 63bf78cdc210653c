import { ForbiddenError } from "../../errors/common.ts";
import type { AnyRow, TableMapping } from "./_table_mapping.ts";
import type { Codec, Encoded } from "./_codec.ts";
import type { Query } from "./_query.ts";
import type { RowRules } from "./_row_schemas.ts";
import { hasDatabaseDefault } from "../table/_write_schemas.ts";

/** The tenant whose rows are read and written. */
export interface Tenant {
  readonly id: string;
  /** The shop domain, if known. */
  readonly domain: string | undefined;
}

/**
 * Validates a row to be inserted, and adds its tenant.
 *
 * @throws {ForbiddenError} when the row names another tenant.
 * @throws {ContractError} when it breaks a rule of the schema; {@link RowRules} may make that a ValidationError.
 */
export function toInsert(
  mapping: TableMapping,
  given: unknown,
  tenant: Tenant | undefined,
  rules: RowRules,
  at?: number,
): AnyRow {
  if (tenant === undefined) return withDeletedFlag(mapping, mapping.schemas.insert(given, rules, at));
  let row = given as AnyRow;
  if (typeof given === "object" && given !== null) {
    assertOwn(mapping, row["merchant_id"], tenant);
    row = { ...row, merchant_id: tenant.id };
    if (row["merchant_domain"] === undefined && tenant.domain !== undefined) {
      row["merchant_domain"] = tenant.domain;
    }
  }
  return withDeletedFlag(mapping, mapping.schemas.insert(row, rules, at));
}

/** Refuses the id of another tenant. An absent id is fine. */
export function assertOwn({ table }: TableMapping, merchantId: unknown, tenant: Tenant): void {
  if (merchantId === undefined) return;
  if (typeof merchantId === "string" && merchantId.toLowerCase() === tenant.id.toLowerCase()) return;
  throw new ForbiddenError("Cannot write a row of another merchant", { resource: table.name });
}

/** Sets `is_deleted`, for which the tables of the Python services have no default. */
function withDeletedFlag({ table }: TableMapping, row: AnyRow): AnyRow {
  if (table.mixins.softDelete && row["is_deleted"] === undefined) {
    row["is_deleted"] = row["deleted_at"] != null;
  }
  return row;
}

/** Converts a value, null included, to a parameter. */
export function encodeValue(codec: Codec, value: unknown): Encoded {
  return value === null || value === undefined ? null : codec.encode(value);
}

/** Writes `INSERT INTO` for one row. */
export function addInsert(query: Query, { name, columns }: TableMapping, row: AnyRow, alias: string): void {
  const written = columns.filter((codec) =>
    row[codec.column.name] !== undefined || !hasDatabaseDefault(codec.column)
  );
  query.add(`INSERT INTO ${name}${alias} `);
  if (written.length === 0) {
    query.add("DEFAULT VALUES");
    return;
  }
  query.add(`(${written.map(({ quoted }) => quoted).join(", ")}) VALUES (`);
  written.forEach((codec, i) => {
    if (i > 0) query.add(", ");
    query.bind(encodeValue(codec, row[codec.column.name]), codec.cast);
  });
  query.add(")");
}
