import { assertIdentifier } from "./_identifier.ts";
import { assertColumns, fail, isDefinition, list, type Scope, splitName } from "./_table_scope.ts";
import type { ForeignKeyConstraint, IndexPart, TableIndex, UniqueConstraint } from "./table.ts";
import type { ForeignKeyDefinition, IndexDefinition, TableDefinition } from "./table_definition.ts";

/** Adds a unique: a constraint, or a partial unique index for a table with soft delete. */
export function addUnique(
  scope: Scope,
  unique: NonNullable<TableDefinition["unique"]>[number],
  uniques: UniqueConstraint[],
  indexes: TableIndex[],
): void {
  const { columns, name } = isDefinition(unique) ? unique : { columns: list(unique), name: undefined };
  if (name !== undefined) assertIdentifier("name of a unique", name);
  const called = scope.naming.unique(assertColumns(scope, "unique", columns), name);
  if (scope.partial === undefined) uniques.push({ name: called, columns });
  else {
    const parts = columns.map(toPart);
    indexes.push({ name: called, parts, unique: true, using: "btree", where: scope.partial });
  }
}

/** Makes an index of the model. */
export function index(scope: Scope, one: string | readonly string[] | IndexDefinition): TableIndex {
  const definition: IndexDefinition = isDefinition(one) ? one : { columns: list(one) };
  const parts = list<string | object>(definition.columns).map(toPart);
  const columns = parts.flatMap(({ column }) => column ?? []);
  assertColumns(scope, "indexes", columns);
  if (definition.name !== undefined) assertIdentifier("name of an index", definition.name);
  else if (parts[0]?.column === undefined) {
    fail(scope, "an index that starts with an expression needs a `name`");
  }
  return {
    name: scope.naming.index(columns, definition.name),
    parts,
    unique: definition.unique ?? false,
    using: definition.using ?? "btree",
    where: definition.where,
  };
}

function toPart(part: string | Partial<IndexPart>): IndexPart {
  const { direction = "asc", ...rest } = typeof part === "string" ? { column: part } : part;
  return { ...rest, direction, nulls: rest.nulls ?? (direction === "asc" ? "last" : "first") };
}

/** Makes a foreign key of the model. */
export function foreignKey(scope: Scope, definition: ForeignKeyDefinition): ForeignKeyConstraint {
  const { references, referencedColumns, onDelete = "no action", onUpdate = "no action", name } = definition;
  const columns = assertColumns(scope, "foreignKeys", list(definition.columns));
  if (name !== undefined) assertIdentifier("name of a foreign key", name);
  const [table, schema] = typeof references === "string"
    ? splitName(references)
    : [references.name, references.schema];
  const referred = typeof references === "string" ? ["id"] : references.primaryKey.columns;
  const target = {
    schema,
    table,
    columns: referencedColumns === undefined ? referred : list(referencedColumns),
  };
  if (target.columns.length !== columns.length) {
    fail(scope, `the foreign key of "${columns.join()}" refers to ${target.columns.length} columns`);
  }
  return {
    name: scope.naming.foreignKey(columns, table, name),
    columns,
    references: target,
    onDelete,
    onUpdate,
  };
}
