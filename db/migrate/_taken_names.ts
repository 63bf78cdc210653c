import { quoteIdentifier } from "../table/_identifier.ts";
import { tableName } from "../table/table_ddl.ts";
import type { CatalogTable } from "./_catalog.ts";
import { type Change, has, Phase } from "./_schema_change.ts";

/**
 * Finds tables that were renamed by hand, and gives them their defined name with {@link CatalogTable.renamedFrom}: those
 * that are not defined, but have the constraints or indexes of a defined table that does not exist, and most of its
 * columns. The defined table could not be created beside them.
 */
export function findRenamedTables(
  wanted: readonly CatalogTable[],
  found: readonly CatalogTable[],
): CatalogTable[] {
  const isIn = (list: readonly CatalogTable[], table: CatalogTable) =>
    list.some(({ schema, name }) => schema === table.schema && name === table.name);
  const missing = wanted.filter((table) => !isIn(found, table));
  return found.map((table) => {
    if (isIn(wanted, table)) return table;
    const at = missing.findIndex((other) => other.schema === table.schema && isRenamed(table, other));
    const [other] = at < 0 ? [] : missing.splice(at, 1);
    return other === undefined ? table : { ...table, name: other.name, renamedFrom: table.name };
  });
}

function isRenamed(found: CatalogTable, wanted: CatalogTable): boolean {
  const shared = wanted.columns.filter(({ name }) => has(found.columns, name)).length;
  return shared * 2 > wanted.columns.length &&
    relationsOf(wanted).some(({ name }) => has(relationsOf(found), name));
}

/** Changes, and the tables as they are afterwards. */
export interface Freed {
  readonly changes: readonly Change[];
  readonly found: readonly CatalogTable[];
}

/**
 * Renames the constraints and indexes of other tables that have the name of one that is to be created. Their names are
 * unique in a schema, not only in a table, and what is not defined is dropped in comments only.
 */
export function freeNames(
  wanted: readonly CatalogTable[],
  found: readonly CatalogTable[],
  home: string,
): Freed {
  const changes: Change[] = [];
  const freed = found.map((table) => {
    const own = wanted.find(({ schema, name }) => schema === table.schema && name === table.name);
    const others = wanted.filter((other) => other.schema === table.schema && other !== own);
    const schema = table.schema === home ? undefined : table.schema;
    const alter = `ALTER TABLE ${tableName({ schema, name: table.name })}`;
    const isTaken = (name: string) =>
      others.some((other) => has(relationsOf(other), name)) &&
      !(own !== undefined && has(relationsOf(own), name));
    const free = <T extends { readonly name: string }>(
      object: T,
      rename: (from: string, to: string) => string,
    ): T => {
      const { name } = object;
      if (!isTaken(name)) return object;
      const to = `${name.slice(0, 59)}_old`;
      changes.push({ phase: Phase.rename, up: [rename(name, to)], down: [rename(to, name)] });
      return { ...object, name: to };
    };
    return {
      ...table,
      constraints: table.constraints.map((constraint) =>
        !RELATIONS.includes(constraint.kind) ? constraint : free(
          constraint,
          (from, to) => `${alter} RENAME CONSTRAINT ${quoteIdentifier(from)} TO ${quoteIdentifier(to)}`,
        )
      ),
      indexes: table.indexes.map((index) =>
        free(
          index,
          (from, to) => `ALTER INDEX ${tableName({ schema, name: from })} RENAME TO ${quoteIdentifier(to)}`,
        )
      ),
    };
  });
  return { changes, found: freed };
}

/** The kinds of constraints that have an index of the same name: primary keys, uniques and exclusions. */
const RELATIONS = "pux";

/** The constraints and indexes whose names are those of relations. */
function relationsOf({ constraints, indexes }: CatalogTable): readonly { readonly name: string }[] {
  return [...constraints.filter(({ kind }) => RELATIONS.includes(kind)), ...indexes];
}
