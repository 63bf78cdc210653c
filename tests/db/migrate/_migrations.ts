import type { MigrationError, MigrationFile, MigrationProblemKind } from "@glam/shared/db";
import assert from "node:assert/strict";

/** A file of this name; `down` is left out unless it is given. */
export function migration(name: string, up: string, down?: string): MigrationFile {
  return {
    name: `${name}.sql`,
    sql: `-- migrate:up\n${up}\n${down === undefined ? "" : `-- migrate:down\n${down}\n`}`,
  };
}

/** A file that runs outside of a transaction. */
export function plainMigration(name: string, up: string, down?: string): MigrationFile {
  const { sql } = migration(name, up, down);
  return { name: `${name}.sql`, sql: sql.replace(/^(-- migrate:\w+)$/gm, "$1 transaction:false") };
}

/** Two tables, each with its way back. */
export const TWO_TABLES: readonly MigrationFile[] = [
  migration("0001_create_items", "create table items (id int primary key);", "drop table items;"),
  migration("0002_create_prices", "create table prices (id int primary key);", "drop table prices;"),
];

/** The error that `work` rejects with, which has one problem of this kind. */
export async function problemOf(work: Promise<unknown>, kind: MigrationProblemKind): Promise<MigrationError> {
  const error = await work.then(() => assert.fail("it did not reject"), (error) => error as MigrationError);
  assert.equal(error.name, "MigrationError", String(error.stack));
  assert.deepEqual(error.problems.map((problem) => problem.kind), [kind], error.message);
  return error;
}

/** The names of a list. */
export function names(list: readonly { readonly name: string }[]): string[] {
  return list.map(({ name }) => name);
}
