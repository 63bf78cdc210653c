import { quoteIdentifier } from "../table/_identifier.ts";
import type { TableModel } from "../table/table.ts";
import { columnDdl, tableName } from "../table/table_ddl.ts";
import type { CatalogColumn, CatalogTable } from "./_catalog.ts";
import { type Alter, type Change, commented, has, Phase } from "./_schema_change.ts";
import { isNarrowing, lossQuery } from "./_type_change.ts";

/** Whether an assignment converts a value of the one type to the other, so that `ALTER COLUMN TYPE` needs no `USING`. */
export type Castable = (from: string, to: string) => boolean;

/** Columns to add, alter and drop. */
export function columnChanges(
  model: TableModel,
  wanted: CatalogTable,
  found: CatalogTable,
  alter: Alter,
  castable: Castable,
): Change[] {
  const added = wanted.columns.filter(({ name }) => !has(found.columns, name));
  const gone = found.columns.filter(({ name }) => !has(wanted.columns, name));
  return [
    ...added.map((column) => addColumn(model, column, gone, alter)),
    ...wanted.columns.flatMap((column) => {
      const old = found.columns.find(({ name }) => name === column.name);
      return old === undefined ? [] : alterColumn(model, column, old, alter, castable);
    }),
    ...gone.map((column) => dropColumn(column, alter)),
  ];
}

function addColumn(
  model: TableModel,
  { name, type, notNull, serial, identity, generated }: CatalogColumn,
  gone: readonly CatalogColumn[],
  alter: Alter,
): Change {
  const column = model.columns.find((each) => each.name === name)!;
  const quoted = quoteIdentifier(name);
  const rename = gone.filter((other) => other.type === type).map((other) =>
    `-- Where ${quoteIdentifier(other.name)} was renamed: ${
      alter(`RENAME COLUMN ${quoteIdentifier(other.name)} TO ${quoted}`)[0]
    };`
  );
  const down = alter(`DROP COLUMN ${quoted}`);
  const needsValue = notNull && column.default === undefined && !serial && !generated && identity === "";
  if (!needsValue) {
    return { phase: Phase.add, up: [...rename, ...alter(`ADD COLUMN ${columnDdl(column)}`)], down };
  }
  const table = tableName(model);
  return {
    phase: Phase.add,
    up: [
      ...rename,
      ...alter(`ADD COLUMN ${columnDdl({ ...column, nullable: true })}`),
      `-- ${quoted} is required and has no default: put in a value for existing rows. Only an empty table needs none.`,
      `UPDATE ${table} SET ${quoted} = NULL WHERE ${quoted} IS NULL`,
      ...alter(`ALTER COLUMN ${quoted} SET NOT NULL`),
    ],
    down,
  };
}

function dropColumn(column: CatalogColumn, alter: Alter): Change {
  const { name, notNull, identity, serial, generated } = column;
  const quoted = quoteIdentifier(name);
  const hasValue = column.default !== null || serial || generated || identity !== "";
  return {
    phase: Phase.dropColumn,
    up: [
      ...(notNull && !hasValue
        ? [
          `-- ${quoted} is required and not defined: rows cannot be inserted until it is dropped or nullable.`,
        ]
        : []),
      ...commented(alter(`DROP COLUMN ${quoted}`)),
    ],
    down: commented(alter(`ADD COLUMN ${catalogColumnDdl(column)}`)),
  };
}

function alterColumn(
  model: TableModel,
  wanted: CatalogColumn,
  found: CatalogColumn,
  alter: Alter,
  castable: Castable,
): Change[] {
  const quoted = quoteIdentifier(wanted.name);
  const column = (action: string) => alter(`ALTER COLUMN ${quoted} ${action}`);
  const changes: Change[] = [];
  const retyped = wanted.type !== found.type;
  const defaultOf = ({ default: value }: CatalogColumn) =>
    column(value === null ? "DROP DEFAULT" : `SET DEFAULT ${value}`);
  // An explicit cast shortens a text without an error, so that there is one only where there is no assignment cast.
  const using = (to: CatalogColumn, from: CatalogColumn) =>
    castable(from.type, to.type) ? "" : ` USING ${quoted}::${to.type.replace(/ COLLATE .*$/, "")}`;
  // A default has the old type, and may have no cast to the new one.
  const step = (to: CatalogColumn, from: CatalogColumn) => [
    ...(retyped && from.default !== null ? column("DROP DEFAULT") : []),
    ...(retyped ? column(`TYPE ${to.type}${using(to, from)}`) : []),
    ...(to.default !== from.default || (retyped && to.default !== null) ? defaultOf(to) : []),
  ];
  if (!found.generated && (retyped || wanted.default !== found.default)) {
    const [up, down] = [step(wanted, found), step(found, wanted)];
    const query = lossQuery(tableName(model), wanted.name, found.type, wanted.type);
    changes.push(
      retyped && isNarrowing(found.type, wanted.type)
        ? {
          phase: Phase.narrow,
          up: [
            `-- ${quoted} would be narrowed from ${found.type} to ${wanted.type}. This counts the rows that do not fit:`,
            ...commented([query, ...up]),
          ],
          down: commented(down),
        }
        : { phase: Phase.alter, up, down },
    );
  }
  if (wanted.serial !== found.serial) changes.push(serialChange(model, wanted, alter));
  if (wanted.identity !== found.identity) {
    const identity = (to: CatalogColumn["identity"], from: CatalogColumn["identity"]) => {
      const how = to === "a" ? "ALWAYS" : "BY DEFAULT";
      if (to === "") return column("DROP IDENTITY");
      if (from !== "") return column(`SET GENERATED ${how}`);
      const table = tableName(model).replaceAll("'", "''");
      return [
        ...column(`ADD GENERATED ${how} AS IDENTITY`),
        `SELECT setval(pg_get_serial_sequence('${table}', '${
          wanted.name.replaceAll("'", "''")
        }'), coalesce(max(${quoted}), 0) + 1, false) FROM ${tableName(model)}`,
      ];
    };
    changes.push({
      // A column with an identity can have no default, nor be nullable.
      phase: wanted.identity === "" ? Phase.loosen : Phase.tighten,
      up: identity(wanted.identity, found.identity),
      down: identity(found.identity, wanted.identity),
    });
  }
  if (wanted.notNull !== found.notNull) {
    const [set, drop] = [column("SET NOT NULL"), column("DROP NOT NULL")];
    const note = `-- Fails while a row has NULL there: UPDATE ${
      tableName(model)
    } SET ${quoted} = ... WHERE ${quoted} IS NULL;`;
    changes.push(
      wanted.notNull
        ? { phase: Phase.alter, up: [note, ...set], down: drop }
        : { phase: Phase.alter, up: drop, down: [note, ...set] },
    );
  }
  return changes;
}

/** Adds or removes a default that is a sequence of the column's own, as `serial` does. */
function serialChange(model: TableModel, { name, serial }: CatalogColumn, alter: Alter): Change {
  const table = tableName(model);
  const sequence = tableName({ schema: model.schema, name: `${model.name}_${name}_seq` });
  const column = quoteIdentifier(name);
  const make = [
    `CREATE SEQUENCE ${sequence} OWNED BY ${table}.${column}`,
    `SELECT setval('${
      sequence.replaceAll("'", "''")
    }', coalesce(max(${column}), 0) + 1, false) FROM ${table}`,
    ...alter(`ALTER COLUMN ${column} SET DEFAULT nextval('${sequence.replaceAll("'", "''")}')`),
  ];
  const unmake = [...alter(`ALTER COLUMN ${column} DROP DEFAULT`), `DROP SEQUENCE IF EXISTS ${sequence}`];
  return serial
    ? { phase: Phase.alter, up: make, down: unmake }
    : { phase: Phase.alter, up: unmake, down: make };
}

/** A column of the catalog, as `CREATE TABLE` and `ADD COLUMN` define it. */
export function catalogColumnDdl(
  { name, type, notNull, identity, generated, serial, ...column }: CatalogColumn,
): string {
  const value = column.default;
  const made = serial ? SERIALS[type] ?? type : type;
  return [
    quoteIdentifier(name),
    made,
    ...(identity === "" ? [] : [`GENERATED ${identity === "a" ? "ALWAYS" : "BY DEFAULT"} AS IDENTITY`]),
    ...(notNull ? ["NOT NULL"] : []),
    ...(value === null ? [] : [generated ? `GENERATED ALWAYS AS (${value}) STORED` : `DEFAULT ${value}`]),
  ].join(" ");
}

const SERIALS: Readonly<Record<string, string>> = {
  smallint: "smallserial",
  integer: "serial",
  bigint: "bigserial",
};
