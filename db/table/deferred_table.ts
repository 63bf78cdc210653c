import type { Table } from "./table.ts";

/**
 * A table that is defined on first access. The first Zod schemas of a process take milliseconds, and not every importer of
 * the package uses this table.
 */
export function deferredTable(define: () => Table): Table {
  let defined: Table | undefined;
  const table = () => defined ??= define();
  return {
    get schema() {
      return table().schema;
    },
    get name() {
      return table().name;
    },
    get columns() {
      return table().columns;
    },
    get primaryKey() {
      return table().primaryKey;
    },
    get indexes() {
      return table().indexes;
    },
    get uniques() {
      return table().uniques;
    },
    get foreignKeys() {
      return table().foreignKeys;
    },
    get checks() {
      return table().checks;
    },
    get rowLevelSecurity() {
      return table().rowLevelSecurity;
    },
    get mixins() {
      return table().mixins;
    },
    get shape() {
      return table().shape;
    },
    get insertSchema() {
      return table().insertSchema;
    },
    get patchSchema() {
      return table().patchSchema;
    },
    get rowSchema() {
      return table().rowSchema;
    },
    get refinements() {
      return table().refinements;
    },
  };
}
