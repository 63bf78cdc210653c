import type { Database } from "../db/database.ts";
import { MigrationError } from "../db/migrate/migration_error.ts";
import { Migrator } from "../db/migrate/migrator.ts";
import type { MigratorLike, ServiceOptions } from "./options.ts";

type Migrations = NonNullable<ServiceOptions["migrations"]>;

/** Applies the pending migrations, and returns their names. */
export async function applyMigrations(
  database: Database,
  migrations: Migrations,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  const applied = await migratorOf(database, migrations).up({ signal });
  return { applied: applied.map(({ name }) => name) };
}

/**
 * Checks that no migration is pending, and that files and history agree.
 *
 * @throws {MigrationError} when they do not, with how to apply what is pending.
 */
export async function verifyMigrations(
  database: Database,
  migrations: Migrations,
): Promise<Readonly<Record<string, unknown>>> {
  const status = await migratorOf(database, migrations).status();
  // An older replica that restarts during a deployment finds a database that is newer than its files.
  const problems = status.problems.filter(({ kind }) => kind !== "newer");
  if (problems.length > 0) {
    throw new MigrationError(problems.map(({ message }) => message).join("\n"), { problems });
  }
  const pending = status.migrations.filter(({ state }) => state === "pending").map(({ name }) => name);
  if (pending.length === 0) return { migrations: status.migrations.length };
  const [first, what] = [pending[0], pending.length === 1 ? "migration is" : "migrations are"];
  throw new MigrationError(
    `${pending.length} ${what} not applied: ${
      pending.length === 1 ? first : `${first} to ${pending.at(-1)}`
    }. ` +
      `Run: glam migrate up, or start with the option \`migrate: "up"\``,
  );
}

function migratorOf(database: Database, migrations: Migrations): MigratorLike {
  if (isMigrator(migrations)) return migrations;
  return new Migrator(database, { migrations, allowNewer: true });
}

function isMigrator(migrations: Migrations): migrations is MigratorLike {
  return typeof (migrations as Partial<MigratorLike>).status === "function";
}
