import { quoteIdentifier } from "../table/_identifier.ts";
import type { TableModel } from "../table/table.ts";
import { tableName, TENANT_POLICY } from "../table/table_ddl.ts";
import type { CatalogTable } from "./_catalog.ts";
import { type Alter, type Change, commented, has, Phase } from "./_schema_change.ts";
import { type Castable, catalogColumnDdl, columnChanges } from "./_column_changes.ts";
import { constraintChanges, indexChanges, indexDdl, type Named, objectChanges } from "./_object_changes.ts";

/** The changes from `found` to `wanted`, which is `model` as Postgres prints it. */
export function changesOf(
  model: TableModel,
  wanted: CatalogTable,
  existing: CatalogTable,
  castable: Castable,
): Change[] {
  const table = tableName(model);
  const found = withoutDifferencesOfPython(wanted, existing);
  const alter = (...actions: string[]) => actions.map((action) => `ALTER TABLE ${table} ${action}`);
  return [
    ...columnChanges(model, wanted, found, alter, castable),
    ...constraintChanges(wanted.constraints, found.constraints, alter, wanted.indexes),
    ...indexChanges(model, wanted.indexes, found.indexes, wanted.constraints),
    ...securityChanges(table, wanted, found, alter),
  ];
}

/**
 * Tables of the Python services with soft deletion differ in two ways, which are taken as they are: `is_deleted` has no
 * default, since every row is written with it, and uniques hold also for deleted rows.
 */
function withoutDifferencesOfPython(wanted: CatalogTable, found: CatalogTable): CatalogTable {
  if (![wanted, found].every((table) => has(table.columns, "is_deleted"))) return found;
  const columns = found.columns.map((column) =>
    column.name === "is_deleted" && column.default === null ? { ...column, default: "false" } : column
  );
  const partial = wanted.indexes.flatMap((index) => {
    const [, key] = /^(?:USING btree )(\(.*\)) WHERE \(NOT is_deleted\)$/.exec(index.definition) ?? [];
    return index.unique && key !== undefined && !has(found.indexes, index.name) ? [{ index, key }] : [];
  });
  const satisfies = ({ kind = "u", unique = true, definition }: Named) =>
    kind === "u" && unique
      ? partial.find(({ key }) => definition.replace(/^(?:UNIQUE|USING btree) /, "") === key)
      : undefined;
  const whole: readonly Named[] = [...found.constraints, ...found.indexes].filter((rule) =>
    satisfies(rule) !== undefined
  );
  return {
    ...found,
    columns,
    constraints: found.constraints.filter((rule) => !whole.includes(rule)),
    indexes: [
      ...found.indexes.filter((rule) => !whole.includes(rule)),
      ...new Set(whole.map((rule) => satisfies(rule)!.index)),
    ],
  };
}

function securityChanges(table: string, wanted: CatalogTable, found: CatalogTable, alter: Alter): Change[] {
  const changes: Change[] = [];
  const toggle = (to: boolean, from: boolean, on: string, off: string) => {
    if (to && !from) changes.push({ phase: Phase.tighten, up: alter(on), down: alter(off) });
    if (!to && from) {
      changes.push({ phase: Phase.dropRule, up: commented(alter(off)), down: commented(alter(on)) });
    }
  };
  toggle(wanted.rowSecurity, found.rowSecurity, "ENABLE ROW LEVEL SECURITY", "DISABLE ROW LEVEL SECURITY");
  toggle(
    wanted.forceRowSecurity,
    found.forceRowSecurity,
    "FORCE ROW LEVEL SECURITY",
    "NO FORCE ROW LEVEL SECURITY",
  );
  // Policies with other names are not made by this package.
  const own = ({ policies }: CatalogTable) => policies.filter(({ name }) => name === TENANT_POLICY);
  return [
    ...changes,
    ...objectChanges(own(wanted), own(found), {
      add: ({ name, definition }) => [`CREATE POLICY ${quoteIdentifier(name)} ON ${table} ${definition}`],
      drop: ({ name }) => [`DROP POLICY ${quoteIdentifier(name)} ON ${table}`],
      rename: () => [],
    }),
  ];
}

/** Drops a table that is not defined, commented out. The way back creates it with its constraints and indexes. */
export function dropTable(found: CatalogTable, table: string): Change {
  const { columns, constraints, indexes } = found;
  const lines = [
    ...columns.map(catalogColumnDdl),
    ...constraints.map(({ name, definition }) => `CONSTRAINT ${quoteIdentifier(name)} ${definition}`),
  ];
  return {
    phase: Phase.dropTable,
    up: commented([`DROP TABLE ${table}`]),
    down: commented([
      `CREATE TABLE ${table} (${lines.join(", ")})`,
      ...indexes.map((index) => indexDdl(table, index)),
    ]),
  };
}
