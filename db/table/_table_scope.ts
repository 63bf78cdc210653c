import { assertIdentifier } from "./_identifier.ts";
import type { Naming } from "./_naming.ts";
import type { TableDefinition } from "./table_definition.ts";

/** What the parts of a definition are read in. */
export interface Scope {
  readonly table: string;
  readonly definition: TableDefinition;
  readonly names: ReadonlySet<string>;
  readonly naming: Naming;
  /** The rows that uniques hold among. */
  readonly partial: string | undefined;
}

/** Refuses the definition. */
export function fail({ table }: Scope, why: string): never {
  throw new TypeError(`Cannot define table "${table}": ${why}`);
}

/** The name of a table, and of the schema in front of it. */
export function splitName(name: string): [table: string, schema: string | undefined] {
  const at = name.indexOf(".");
  const table = name.slice(at + 1);
  assertIdentifier("name of a table", table);
  if (at < 0) return [table, undefined];
  const schema = name.slice(0, at);
  assertIdentifier("schema of a table", schema);
  return [table, schema];
}

/** The names, if every one is of a column. */
export function known(scope: Scope, where: string, names: readonly string[]): readonly string[] {
  for (const name of names) {
    if (!scope.names.has(name)) fail(scope, `${where} names the column "${name}", which it does not have`);
  }
  return names;
}

/** One or several as several. */
export function list<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : [value as T];
}

/** Whether a part is written out, and not only named. */
export function isDefinition<T extends object>(value: string | readonly string[] | T): value is T {
  return typeof value === "object" && !Array.isArray(value);
}
