import type { Database } from "../database.ts";
import type { TableModel } from "../table/table.ts";
import { autogenerate } from "./_autogenerate.ts";
import { writeNewFile } from "./_folder.ts";
import { FILE_NAME, type MigrationFile } from "./migration_file.ts";
import type { Settings } from "./options.ts";

/** Options of {@link Migrator.create}. */
export interface CreateOptions {
  /**
   * The tables that the database should have: the file gets the difference. What is to be dropped is commented out.
   * @default the file is empty
   */
  readonly autogenerate?: readonly TableModel[] | undefined;
  /**
   * Whether to give the file without writing it.
   * @default false
   */
  readonly dryRun?: boolean | undefined;
}

/** A file that was written, or would be. */
export interface CreatedMigration extends MigrationFile {
  /** Where it was written; left out where it was not. */
  readonly path?: string | undefined;
}

const EMPTY = `-- migrate:up

-- migrate:down
`;

/** Makes the next file. */
export async function createMigration(
  db: Database,
  settings: Settings,
  files: readonly MigrationFile[],
  title: string,
  { autogenerate: tables, dryRun = false }: CreateOptions,
): Promise<CreatedMigration | undefined> {
  const name = `${nextVersion(files)}_${slugOf(title)}.sql`;
  const sql = tables === undefined ? EMPTY : await autogenerate(db, settings, files, tables);
  if (sql === undefined) return undefined;
  const file = { name, sql };
  if (dryRun || (typeof settings.migrations !== "string" && !(settings.migrations instanceof URL))) {
    return file;
  }
  return { ...file, path: await writeNewFile(settings.migrations, file) };
}

/** The version after the newest: its number plus one with as many digits, or the time where it is one. */
function nextVersion(files: readonly MigrationFile[]): string {
  const versions = files.flatMap(({ name }) => FILE_NAME.exec(name)?.[2] ?? []);
  if (versions.length === 0) return "0001";
  const newest = versions.reduce((a, b) => BigInt(a) < BigInt(b) ? b : a);
  const time = new Date().toISOString().replace(/\D/g, "").slice(0, 14);
  if (/^20\d{12}$/.test(newest) && time > newest) return time;
  return String(BigInt(newest) + 1n).padStart(newest.length, "0");
}

function slugOf(title: string): string {
  const slug = title.normalize("NFKD").toLowerCase().replace(/[\u0300-\u036f]/g, "").replace(
    /[^a-z0-9]+/g,
    "_",
  )
    .replace(/^_|_$/g, "");
  if (slug === "" || slug.length > 100) {
    throw new RangeError(
      `Expected \`name\` to say in some words what the migration does, got ${JSON.stringify(title)}`,
    );
  }
  return slug;
}
