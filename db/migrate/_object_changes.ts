import { quoteIdentifier } from "../table/_identifier.ts";
import type { TableModel } from "../table/table.ts";
import { tableName } from "../table/table_ddl.ts";
import type { CatalogConstraint, CatalogIndex } from "./_catalog.ts";
import { type Alter, type Change, commented, has, Phase } from "./_schema_change.ts";

/** Constraints to add, replace, rename and drop. */
export function constraintChanges(
  wanted: readonly CatalogConstraint[],
  found: readonly CatalogConstraint[],
  alter: Alter,
  wantedIndexes: readonly CatalogIndex[],
): Change[] {
  const add = ({ name, definition }: CatalogConstraint) =>
    alter(`ADD CONSTRAINT ${quoteIdentifier(name)} ${definition}`);
  const drop = ({ name }: CatalogConstraint) => alter(`DROP CONSTRAINT ${quoteIdentifier(name)}`);
  const rename = (from: string, to: string) =>
    alter(`RENAME CONSTRAINT ${quoteIdentifier(from)} TO ${quoteIdentifier(to)}`);
  return objectChanges(wanted, found, { add, drop, rename }, wantedIndexes);
}

/** Indexes to add, replace, rename and drop. */
export function indexChanges(
  model: TableModel,
  wanted: readonly CatalogIndex[],
  found: readonly CatalogIndex[],
  wantedConstraints: readonly CatalogConstraint[],
): Change[] {
  const indexName = (name: string) => tableName({ schema: model.schema, name });
  const add = (index: CatalogIndex) => [
    "-- Blocks writes to the table while it runs. For a large table use `transaction:false` above and CONCURRENTLY here.",
    indexDdl(tableName(model), index),
  ];
  const drop = ({ name, valid }: CatalogIndex) => [
    ...(valid
      ? []
      : [`-- ${quoteIdentifier(name)} is INVALID: it was built concurrently, which failed or was stopped.`]),
    `DROP INDEX ${indexName(name)}`,
  ];
  const rename = (
    from: string,
    to: string,
  ) => [`ALTER INDEX ${indexName(from)} RENAME TO ${quoteIdentifier(to)}`];
  return objectChanges(wanted, found, { add, drop, rename }, wantedConstraints);
}

/** A constraint, an index or a policy. */
export interface Named {
  readonly name: string;
  readonly definition: string;
  readonly kind?: string;
  readonly unique?: boolean;
  readonly valid?: boolean;
}

/** The statements for a kind of object. */
export interface Ddl<T> {
  add(object: T): string[];
  drop(object: T): string[];
  rename(from: string, to: string): string[];
}

/**
 * An equal object with another name is renamed; a different object with the same name is replaced, also if it is of
 * another kind: `others` are the wanted objects whose names are taken from the same names as these, as those of a unique
 * constraint and of an index are.
 * A unique of several columns may be called by the first alone, as the Python services and version 0.1 called it.
 */
export function objectChanges<T extends Named>(
  wanted: readonly T[],
  found: readonly T[],
  { add, drop, rename }: Ddl<T>,
  others: readonly Named[] = [],
): Change[] {
  const changes: Change[] = [];
  const isEqual = (a: T, b: T) =>
    a.definition === b.definition && a.unique === b.unique && a.valid === b.valid;
  const left = found.filter(({ name }) => !has(wanted, name));
  for (const object of wanted) {
    const phase = object.kind === "f" ? Phase.refer : Phase.tighten;
    const old = found.find(({ name }) => name === object.name);
    if (old !== undefined) {
      if (isEqual(object, old)) continue;
      changes.push({ phase: Phase.loosen, up: drop(old), down: add(old) });
      changes.push({ phase, up: add(object), down: drop(object) });
      continue;
    }
    const twin = left.findIndex((other) => isEqual(object, other));
    const [other] = twin < 0 ? [] : left.splice(twin, 1);
    if (other !== undefined && isUnique(object) && object.name.startsWith(`${other.name}_`)) continue;
    changes.push(
      other === undefined
        ? { phase, up: add(object), down: drop(object) }
        : { phase: Phase.loosen, up: rename(other.name, object.name), down: rename(object.name, other.name) },
    );
  }
  const drops = left.map((object): Change =>
    has(others, object.name) ? { phase: Phase.loosen, up: drop(object), down: add(object) } : {
      phase: Phase.dropRule,
      up: commented(drop(object).slice(-1)),
      down: commented(add(object).slice(-1)),
    }
  );
  return [...changes, ...drops];
}

function isUnique({ kind, unique }: Named): boolean {
  return kind === "u" || unique === true;
}

/** The `CREATE INDEX` of an index. */
export function indexDdl(table: string, { name, unique, definition }: CatalogIndex): string {
  return `CREATE ${unique ? "UNIQUE " : ""}INDEX ${quoteIdentifier(name)} ON ${table} ${definition}`;
}
