import { randomHex } from "../../internal/random.ts";
import { quoteIdentifier, quoteText } from "../table/_identifier.ts";
import type { ForeignKeyConstraint, TableModel } from "../table/table.ts";
import { createTable, foreignKeyDdl, tableName } from "../table/table_ddl.ts";
import { type CatalogTable, readCatalog, type Reader } from "./_catalog.ts";
import { findRenamedTables } from "./_taken_names.ts";
import { serverError } from "./_server_error.ts";
import { problem } from "./migration_error.ts";

/** The tables as they are defined, and as they are in the database. */
export interface BothSides {
  readonly wanted: readonly CatalogTable[];
  readonly found: readonly CatalogTable[];
  /** Whether an assignment converts the one type to the other. */
  castable(from: string, to: string): boolean;
}

/**
 * Reads both sides of a comparison, within a transaction that is rolled back. The defined tables are created in a scratch
 * schema and read from the catalog like the existing ones, so that Postgres prints both in the same way, however a
 * default, a check or an index was written.
 *
 * @param home is the schema of the tables that name none.
 */
export async function readBothSides(
  read: Reader,
  tables: readonly TableModel[],
  home: string,
): Promise<BothSides> {
  const schemas = [...new Set(tables.map(({ schema }) => schema ?? home))];
  const random = randomHex(12);
  const scratch = new Map(
    [...new Set([home, ...schemas])].map((schema, i) => [schema, `glam_scratch_${random}_${i}`]),
  );
  const inScratch = moveTo(scratch, tables, home);
  const [path] = await read<{ path: string }>(
    "select string_agg(quote_ident(s), ', ') as path from unnest(current_schemas(false)) s",
  );
  const rest = [quoteIdentifier(home), path?.path].filter(Boolean).join(", ");
  await makeScratch(read, scratch.values());
  await read(`set local search_path to ${rest}`);
  for (const table of inScratch) await make(read, table, createTable({ ...table, foreignKeys: [] }));
  for (const table of inScratch) {
    const keys = table.foreignKeys.map((key) => `ALTER TABLE ${tableName(table)} ADD ${foreignKeyDdl(key)}`);
    await make(read, table, keys);
  }
  const found: CatalogTable[] = [];
  for (const schema of schemas) found.push(...await readCatalog(read, schema));
  // Postgres prints names in the first schema of the search path without the schema, on both sides.
  await read(`set local search_path to ${scratch.get(home)}, ${rest}`);
  const wanted: CatalogTable[] = [];
  const prefixes = await prefixesOf(read, scratch, home);
  for (const [schema, name] of scratch) {
    const printed = await readCatalog(read, name);
    wanted.push(...printed.map((table) => ({ ...renameBack(table, prefixes), schema })));
  }
  const known = findRenamedTables(wanted, found);
  return {
    wanted,
    found: known,
    castable: await readCasts(read, scratch.get(home)!, retypings(wanted, known)),
  };
}

/** The pairs of types between which columns would be altered, in both directions. */
function retypings(wanted: readonly CatalogTable[], found: readonly CatalogTable[]): [string, string][] {
  return wanted.flatMap((table) => {
    const old = found.find(({ schema, name }) => schema === table.schema && name === table.name);
    return table.columns.flatMap(({ name, type }): [string, string][] => {
      const from = old?.columns.find((column) => column.name === name)?.type ?? type;
      return from === type ? [] : [[from, type], [type, from]];
    });
  });
}

/** Lets Postgres itself alter a column of an empty table, since the rules for assignments are many. */
async function readCasts(
  read: Reader,
  scratch: string,
  pairs: readonly [string, string][],
): Promise<(from: string, to: string) => boolean> {
  const casts = new Map<string, boolean>();
  if (pairs.length > 0) {
    await read(
      `create function ${scratch}.is_castable(old text, new text) returns boolean language plpgsql as $$ begin
      execute format('create table ${scratch}.casts (c %s)', old);
      execute format('alter table ${scratch}.casts alter c type %s', new);
      drop table ${scratch}.casts;
      return true;
    exception when others then return false; end $$`,
    );
  }
  for (const [from, to] of pairs) {
    const key = JSON.stringify([from, to]);
    if (casts.has(key)) continue;
    const [row] = await read<{ castable: boolean }>(
      `select ${scratch}.is_castable(${quoteText(from)}, ${quoteText(to)}) as castable`,
    );
    casts.set(key, row!.castable);
  }
  return (from, to) => casts.get(JSON.stringify([from, to])) ?? false;
}

async function makeScratch(read: Reader, names: Iterable<string>): Promise<void> {
  try {
    for (const name of names) await read(`create schema ${name}`);
  } catch (error) {
    const cause = serverError(error);
    if (cause?.code !== "42501") throw error;
    const message =
      "Cannot compare: the defined tables are created in a scratch schema that is rolled back, and this role may not " +
      "create a schema; grant it CREATE on the database, or use another role";
    throw problem("refused", message, undefined, cause);
  }
}

/** The same tables in the scratch schemas, including the foreign keys between them. */
function moveTo(
  scratch: ReadonlyMap<string, string>,
  tables: readonly TableModel[],
  home: string,
): TableModel[] {
  const key = (schema: string | undefined, name: string) => JSON.stringify([schema ?? home, name]);
  const defined = new Set(tables.map(({ schema, name }) => key(schema, name)));
  const move = (foreign: ForeignKeyConstraint): ForeignKeyConstraint => {
    const { schema, table } = foreign.references;
    if (!defined.has(key(schema, table))) return foreign;
    return { ...foreign, references: { ...foreign.references, schema: scratch.get(schema ?? home)! } };
  };
  return tables.map((table) => ({
    ...table,
    schema: scratch.get(table.schema ?? home)!,
    foreignKeys: table.foreignKeys.map(move),
  }));
}

async function make(read: Reader, table: TableModel, statements: readonly string[]): Promise<void> {
  try {
    for (const statement of statements) await read(statement);
  } catch (error) {
    const cause = serverError(error);
    if (cause === undefined) throw error;
    const message =
      `Cannot create the table "${table.name}" as it is defined: ${cause.message} (${cause.code})`;
    throw problem("refused", message, undefined, cause);
  }
}

/** The prefixes that Postgres prints for each scratch schema, and for the schema that it stands for. */
async function prefixesOf(
  read: Reader,
  scratch: ReadonlyMap<string, string>,
  home: string,
): Promise<readonly (readonly [string, string])[]> {
  const prefixes: [string, string][] = [];
  for (const [schema, name] of scratch) {
    const [row] = await read<{ quoted: string }>(`select quote_ident(${quoteText(schema)}) as quoted`);
    prefixes.push([`${name}.`, schema === home ? "" : `${row!.quoted}.`]);
  }
  return prefixes;
}

/** Replaces the names of scratch schemas by those that they stand for. */
function renameBack(table: CatalogTable, prefixes: readonly (readonly [string, string])[]): CatalogTable {
  const rename = (text: string) =>
    prefixes.reduce((printed, [from, to]) => printed.replaceAll(from, to), text);
  const renameIn = <T extends object>(list: readonly T[]) =>
    list.map((each) =>
      Object.fromEntries(
        Object.entries(each).map(([key, value]) => [key, typeof value === "string" ? rename(value) : value]),
      ) as T
    );
  const { columns, constraints, indexes, policies } = table;
  return {
    ...table,
    columns: renameIn(columns),
    constraints: renameIn(constraints),
    indexes: renameIn(indexes),
    policies: renameIn(policies),
  };
}
