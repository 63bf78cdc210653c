import type { TableMapping } from "./_table_mapping.ts";
import type { Query } from "./_query.ts";
import { addFilter, isPlain } from "./_filter.ts";
import type { DeletedRows } from "./query_options.ts";
import { ValidationError } from "../../errors/common.ts";

/** The rows of a table that a query may see. */
export interface Scope {
  /** The tenant, of a table that has tenants. */
  readonly tenant: string | undefined;
  readonly deleted: DeletedRows | undefined;
}

/**
 * Writes the conditions on the tenant and on deleted rows. `word` is the keyword before the first condition; gives the
 * keyword before the next one.
 */
export function addScope(
  query: Query,
  mapping: TableMapping,
  { tenant, deleted }: Scope,
  word: string,
): string {
  let next = word;
  if (tenant !== undefined) {
    query.add(`${next}"merchant_id" = `).bind(tenant);
    next = " AND ";
  }
  const condition = deletedCondition(mapping, deleted);
  if (condition === undefined) return next;
  query.add(next + condition);
  return " AND ";
}

/** Writes `WHERE` with the scope and the filter, if any; gives the keyword before the next condition. */
export function addWhere(query: Query, mapping: TableMapping, scope: Scope, filter: unknown): string {
  const next = addScope(query, mapping, scope, " WHERE ");
  if (isPlain(filter) && Object.keys(filter).length === 0) return next;
  query.add(next);
  addFilter(query, mapping.codecs, filter);
  return " AND ";
}

function deletedCondition({ table }: TableMapping, deleted: DeletedRows = "exclude"): string | undefined {
  if (deleted !== "exclude" && deleted !== "include" && deleted !== "only") {
    throw new ValidationError(
      `Expected \`deleted\` to be "exclude", "include" or "only", got "${String(deleted)}"`,
      { field: "deleted" },
    );
  }
  if (!table.mixins.softDelete) return deleted === "only" ? "FALSE" : undefined;
  if (deleted === "include") return undefined;
  return deleted === "only" ? '"is_deleted"' : 'NOT "is_deleted"';
}
