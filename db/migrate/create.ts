import type { Database } from "../database.ts";
import type { TableModel } from "../table/table.ts";
import { autogenerate } from "./_autogenerate.ts";
import { writeNewFile } from "./_folder.ts";
import { FILE_NAME, type MigrationFile } from "./migration_file.ts";
import type { Settings } from "./options.ts";

/** Options of {@link Migrator.create}. */
export interface CreateOptions {
  /**
   * The tables that the database should have. The file contains the difference; drops are commented out.
   * @default the file is empty
   */
  readonly autogenerate?: readonly TableModel[] | undefined;
  /**
   * Whether to return the file without writing it.
   * @default false
   */
  readonly dryRun?: boolean | undefined;
}

/** A file that was written, or would be in a dry run. */
export interface CreatedMigration extends MigrationFile {
  /** Path of the file; left out if it was not written. */
  readonly path?: string | undefined;
}

const EMPTY = `-- migrate:up

-- migrate:down
`;

/** Creates the next file. */
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

/** The newest version plus one with as many digits, or the current time if versions are times. */
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
      `Expected \`name\` to be some words that say what the migration does, got ${JSON.stringify(title)}`,
    );
  }
  return slug;
}
