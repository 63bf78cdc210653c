import { assertIdentifier } from "./_identifier.ts";
import type { Naming } from "./_naming.ts";
import type { TableDefinition } from "./table_definition.ts";

/** The context in which the parts of a definition are read. */
export interface Scope {
  readonly table: string;
  readonly definition: TableDefinition;
  readonly names: ReadonlySet<string>;
  readonly naming: Naming;
  /** The condition of partial uniques, of a table with soft delete. */
  readonly partial: string | undefined;
}

/** Throws the TypeError for a definition that is wrong. */
export function fail({ table }: Scope, why: string): never {
  throw new TypeError(`Cannot define table "${table}": ${why}`);
}

/** Splits `schema.table`; the schema may be absent. */
export function splitName(name: string): [table: string, schema: string | undefined] {
  const at = name.indexOf(".");
  const table = name.slice(at + 1);
  assertIdentifier("name of a table", table);
  if (at < 0) return [table, undefined];
  const schema = name.slice(0, at);
  assertIdentifier("schema of a table", schema);
  return [table, schema];
}

/** Checks that every name is one of a column; gives the names. */
export function assertColumns(scope: Scope, where: string, names: readonly string[]): readonly string[] {
  for (const name of names) {
    if (!scope.names.has(name)) fail(scope, `${where} names the column "${name}", which it does not have`);
  }
  return names;
}

/** A list of one value or of several. */
export function list<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : [value as T];
}

/** Whether a part of the definition is an object, not just names of columns. */
export function isDefinition<T extends object>(value: string | readonly string[] | T): value is T {
  return typeof value === "object" && !Array.isArray(value);
}
