import { quoteIdentifier } from "../_identifier.ts";
import { columnDdl, tableName, TENANT_POLICY } from "../table_ddl.ts";
import type { TableModel } from "../table.ts";
import type { CatalogColumn, CatalogConstraint, CatalogIndex, CatalogTable } from "./_catalog.ts";

/** A step of a migration, and its way back. A line is a statement without its semicolon, or a comment. */
export interface Change {
  readonly up: readonly string[];
  readonly down: readonly string[];
  /** The order in which steps are taken: what others need first. */
  readonly phase: Phase;
}

/** When a step is taken. */
export const Phase = {
  loosen: 0,
  create: 1,
  add: 2,
  alter: 3,
  tighten: 4,
  refer: 5,
  dropRule: 6,
  dropColumn: 7,
  dropTable: 8,
} as const;
/** One of {@link Phase}. */
export type Phase = typeof Phase[keyof typeof Phase];

/** What makes `found` the same as `wanted`, which is `model` as Postgres prints it. */
export function changesOf(model: TableModel, wanted: CatalogTable, found: CatalogTable): Change[] {
  const table = tableName(model);
  const alter = (...actions: string[]) => actions.map((action) => `ALTER TABLE ${table} ${action}`);
  return [
    ...columnChanges(model, wanted, found, alter),
    ...constraintChanges(wanted.constraints, found.constraints, alter),
    ...indexChanges(model, wanted.indexes, found.indexes),
    ...securityChanges(table, wanted, found, alter),
  ];
}

type Alter = (...actions: string[]) => string[];

function columnChanges(model: TableModel, wanted: CatalogTable, found: CatalogTable, alter: Alter): Change[] {
  const added = wanted.columns.filter(({ name }) => !has(found.columns, name));
  const gone = found.columns.filter(({ name }) => !has(wanted.columns, name));
  return [
    ...added.map((column) => addColumn(model, column, gone, alter)),
    ...wanted.columns.flatMap((column) => {
      const old = found.columns.find(({ name }) => name === column.name);
      return old === undefined ? [] : alterColumn(model, column, old, alter);
    }),
    ...gone.map((column) => dropColumn(column, alter)),
  ];
}

function addColumn(
  model: TableModel,
  { name, type, notNull, serial, identity }: CatalogColumn,
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
  const needsValue = notNull && column.default === undefined && !serial && identity === "";
  if (!needsValue) {
    return { phase: Phase.add, up: [...rename, ...alter(`ADD COLUMN ${columnDdl(column)}`)], down };
  }
  const table = tableName(model);
  return {
    phase: Phase.add,
    up: [
      ...rename,
      ...alter(`ADD COLUMN ${columnDdl({ ...column, nullable: true })}`),
      `-- ${quoted} is required and has no default: say what the rows that are there already get. On an empty table, and`,
      "-- only there, it works as it is.",
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
          `-- ${quoted} is required and not defined: rows cannot be inserted until it is dropped or takes NULL.`,
        ]
        : []),
      ...commented(alter(`DROP COLUMN ${quoted}`)),
    ],
    down: commented(alter(`ADD COLUMN ${catalogColumnDdl(column)}`)),
  };
}

function alterColumn(model: TableModel, wanted: CatalogColumn, found: CatalogColumn, alter: Alter): Change[] {
  const quoted = quoteIdentifier(wanted.name);
  const column = (action: string) => alter(`ALTER COLUMN ${quoted} ${action}`);
  const changes: Change[] = [];
  const retyped = wanted.type !== found.type;
  const defaultOf = ({ default: value }: CatalogColumn) =>
    column(value === null ? "DROP DEFAULT" : `SET DEFAULT ${value}`);
  // A default is of the old type, and is not always one of the new.
  const step = (to: CatalogColumn, from: CatalogColumn) => [
    ...(retyped && from.default !== null ? column("DROP DEFAULT") : []),
    ...(retyped ? column(`TYPE ${to.type} USING ${quoted}::${to.type.replace(/ COLLATE .*$/, "")}`) : []),
    ...(to.default !== from.default || (retyped && to.default !== null) ? defaultOf(to) : []),
  ];
  if (!found.generated && (retyped || wanted.default !== found.default)) {
    changes.push({ phase: Phase.alter, up: step(wanted, found), down: step(found, wanted) });
  }
  if (wanted.serial !== found.serial) changes.push(serialChange(model, wanted, alter));
  if (wanted.identity !== found.identity) {
    const identity = (to: CatalogColumn["identity"], from: CatalogColumn["identity"]) => {
      const how = to === "a" ? "ALWAYS" : "BY DEFAULT";
      if (to === "") return column("DROP IDENTITY");
      return from === "" ? column(`ADD GENERATED ${how} AS IDENTITY`) : column(`SET GENERATED ${how}`);
    };
    changes.push({
      phase: Phase.tighten,
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

/** A default that is a sequence of the column's own, as `serial` makes it, appears or goes. */
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

function constraintChanges(
  wanted: readonly CatalogConstraint[],
  found: readonly CatalogConstraint[],
  alter: Alter,
): Change[] {
  const add = ({ name, definition }: CatalogConstraint) =>
    alter(`ADD CONSTRAINT ${quoteIdentifier(name)} ${definition}`);
  const drop = ({ name }: CatalogConstraint) => alter(`DROP CONSTRAINT ${quoteIdentifier(name)}`);
  const rename = (from: string, to: string) =>
    alter(`RENAME CONSTRAINT ${quoteIdentifier(from)} TO ${quoteIdentifier(to)}`);
  return objectChanges(wanted, found, { add, drop, rename });
}

function indexChanges(
  model: TableModel,
  wanted: readonly CatalogIndex[],
  found: readonly CatalogIndex[],
): Change[] {
  const indexName = (name: string) => tableName({ schema: model.schema, name });
  const add = (index: CatalogIndex) => [
    "-- Nobody can write to the table meanwhile; where that takes too long, say `transaction:false` above and CONCURRENTLY here.",
    indexDdl(tableName(model), index),
  ];
  const drop = ({ name }: CatalogIndex) => [`DROP INDEX ${indexName(name)}`];
  const rename = (
    from: string,
    to: string,
  ) => [`ALTER INDEX ${indexName(from)} RENAME TO ${quoteIdentifier(to)}`];
  return objectChanges(wanted, found, { add, drop, rename });
}

interface Named {
  readonly name: string;
  readonly definition: string;
  readonly kind?: string;
  readonly unique?: boolean;
}

interface Ddl<T> {
  add(object: T): string[];
  drop(object: T): string[];
  rename(from: string, to: string): string[];
}

/** What is the same by another name is renamed, what is another by the same name replaced. */
function objectChanges<T extends Named>(
  wanted: readonly T[],
  found: readonly T[],
  { add, drop, rename }: Ddl<T>,
): Change[] {
  const changes: Change[] = [];
  const isSame = (a: T, b: T) => a.definition === b.definition && a.unique === b.unique;
  const left = found.filter(({ name }) => !has(wanted, name));
  for (const object of wanted) {
    const phase = object.kind === "f" ? Phase.refer : Phase.tighten;
    const old = found.find(({ name }) => name === object.name);
    if (old !== undefined) {
      if (isSame(object, old)) continue;
      changes.push({ phase: Phase.loosen, up: drop(old), down: add(old) });
      changes.push({ phase, up: add(object), down: drop(object) });
      continue;
    }
    const twin = left.findIndex((other) => isSame(object, other));
    const [other] = twin < 0 ? [] : left.splice(twin, 1);
    changes.push(
      other === undefined
        ? { phase, up: add(object), down: drop(object) }
        : { phase: Phase.loosen, up: rename(other.name, object.name), down: rename(object.name, other.name) },
    );
  }
  const drops = left.map((object): Change => ({
    phase: Phase.dropRule,
    up: commented(drop(object)),
    down: commented(add(object).slice(-1)),
  }));
  return [...changes, ...drops];
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
  // Policies by other names are somebody else's.
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

/** A table that is not defined: dropping it, commented out, with everything that it takes to make it again. */
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

function catalogColumnDdl(
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

function indexDdl(table: string, { name, unique, definition }: CatalogIndex): string {
  return `CREATE ${unique ? "UNIQUE " : ""}INDEX ${quoteIdentifier(name)} ON ${table} ${definition}`;
}

/** Statements as comments: each is one line, since what Postgres prints has none. */
export function commented(statements: readonly string[]): string[] {
  return statements.map((statement) => `-- ${statement.replace(/\s*\n\s*/g, " ")};`);
}

function has(list: readonly { readonly name: string }[], name: string): boolean {
  return list.some((each) => each.name === name);
}
