import type { Table } from "../../db/table/table.ts";

/**
 * A table that is defined when it is first looked at. The first schemas of a process take Zod milliseconds, and whoever
 * imports the package need not want this table.
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
    get refinements() {
      return table().refinements;
    },
  };
}
