import type { Database } from "../database.ts";
import type { TableModel } from "../table/table.ts";
import { quoteIdentifier } from "../table/_identifier.ts";
import { createTable, foreignKeyDdl, tableName } from "../table/table_ddl.ts";
import type { CatalogTable } from "./_catalog.ts";
import { type BothSides, readBothSides } from "./_desired_schema.ts";
import { freeNames } from "./_taken_names.ts";
import { type Change, Phase } from "./_schema_change.ts";
import { changesOf, dropTable } from "./_schema_diff.ts";
import { type HistoryTable, readHistory } from "./_history.ts";
import { sessionSettings } from "./_lock.ts";
import { type MigrationTarget, migrationTargetOf } from "./_migration_target.ts";
import { compare } from "./_plan.ts";
import { openSession, pooledSession, type Session } from "./_session.ts";
import { type Migration, type MigrationFile, parseMigrations } from "./migration_file.ts";
import { migrationError, problem } from "./migration_error.ts";
import type { Settings } from "./options.ts";

/**
 * The text of a migration that changes the database to these tables; `undefined` when there is no difference, except
 * for drops that an earlier file already proposes.
 *
 * @throws {MigrationError} when files are not applied, or a table cannot be created as it is defined.
 */
export async function autogenerate(
  db: Database,
  settings: Settings,
  files: readonly MigrationFile[],
  tables: readonly TableModel[],
): Promise<string | undefined> {
  checkTables(tables);
  const { migrations, problems } = await parseMigrations(files);
  if (problems.length > 0) throw migrationError(problems);
  const target = await migrationTargetOf(db, settings);
  await checkCurrent(pooledSession(db), target.history, migrations);
  const session = target.source === undefined ? pooledSession(db) : openSession(target.source);
  try {
    const home = await homeOf(session, target);
    const sides = await session.rolledBack(async (read) => {
      await read(`${sessionSettings("transaction")} set local lock_timeout = ${settings.lockTimeoutMs}`);
      return await readBothSides(read, tables, home);
    });
    return writeChanges(findChanges(tables, sides, home, target.history), files);
  } finally {
    await session.close();
  }
}

function checkTables(tables: readonly TableModel[]): void {
  const isTable = (table: unknown) => Array.isArray((table as TableModel | null)?.columns);
  if (Array.isArray(tables) && tables.length > 0 && tables.every(isTable)) return;
  throw new TypeError(
    "Expected `autogenerate` to be a list of tables that `defineTable` made, and at least one",
  );
}

/** A file that is not applied would be generated a second time. */
async function checkCurrent(
  session: Session,
  history: HistoryTable,
  migrations: readonly Migration[],
): Promise<void> {
  const { entries, problems } = compare(migrations, await readHistory(session, history) ?? []);
  if (problems.length > 0) throw migrationError(problems);
  const pending = entries.filter(({ row }) => row === undefined).map(({ name }) => name);
  if (pending.length === 0) return;
  throw problem(
    "refused",
    `Apply what is not applied first, or it would be written again: ${pending.join(", ")}`,
  );
}

/** The schema of tables that name no schema. */
async function homeOf(session: Session, { source, history }: MigrationTarget): Promise<string> {
  const [row] = await session.rows<{ schema: string | null }>("select current_schema() as schema");
  return source?.schema ?? row?.schema ?? history.schema;
}

function findChanges(
  tables: readonly TableModel[],
  { wanted, found: existing, castable }: BothSides,
  home: string,
  history: HistoryTable,
): Change[] {
  const freed = freeNames(wanted, existing, home);
  const { found } = freed;
  const find = (list: readonly CatalogTable[], table: TableModel) =>
    list.find(({ schema, name }) => schema === (table.schema ?? home) && name === table.name);
  const added = tables.filter((table) => find(found, table) === undefined);
  const changed = tables.flatMap((table) => {
    const old = find(found, table);
    return old === undefined ? [] : changesOf(table, find(wanted, table)!, old, castable);
  });
  const isOwn = ({ schema, name }: CatalogTable) =>
    name === "alembic_version" || (schema === history.schema && name === history.table);
  const dropped = found
    .filter((table) =>
      !isOwn(table) && find(wanted, { ...table, schema: table.schema } as never) === undefined
    )
    .map((table) =>
      dropTable(
        table,
        tableName({ schema: table.schema === home ? undefined : table.schema, name: table.name }),
      )
    );
  return [
    ...renameTables(existing, home),
    ...freed.changes,
    ...addTables(added, home),
    ...changed,
    ...dropped,
  ];
}

/** Renames tables that were renamed by hand to the names that are defined. */
function renameTables(found: readonly CatalogTable[], home: string): Change[] {
  return found.flatMap(({ schema, name, renamedFrom }): Change[] => {
    if (renamedFrom === undefined) return [];
    const rename = (from: string, to: string) =>
      `ALTER TABLE ${tableName({ schema: schema === home ? undefined : schema, name: from })} RENAME TO ${
        quoteIdentifier(to)
      }`;
    const note =
      `-- ${quoteIdentifier(renamedFrom)} has the constraints or indexes of ${quoteIdentifier(name)}, ` +
      "so it is taken for the same table under another name.";
    return [{
      phase: Phase.rename,
      up: [note, rename(renamedFrom, name)],
      down: [rename(name, renamedFrom)],
    }];
  });
}

/** Creates tables in the order of their foreign keys. In a cycle a foreign key is added afterwards. */
function addTables(tables: readonly TableModel[], home: string): Change[] {
  const keyOf = (schema: string | undefined, name: string) => JSON.stringify([schema ?? home, name]);
  const left = new Map(tables.map((table) => [keyOf(table.schema, table.name), table]));
  const changes: Change[] = [];
  const waits = (table: TableModel) => (key: TableModel["foreignKeys"][number]) => {
    const target = keyOf(key.references.schema, key.references.table);
    return target !== keyOf(table.schema, table.name) && left.has(target);
  };
  while (left.size > 0) {
    const table = [...left.values()].find((each) => !each.foreignKeys.some(waits(each))) ??
      [...left.values()][0]!;
    const late = table.foreignKeys.filter(waits(table));
    const name = tableName(table);
    const foreignKeys = table.foreignKeys.filter((key) => !late.includes(key));
    changes.push({
      phase: Phase.create,
      up: createTable({ ...table, foreignKeys }),
      down: [`DROP TABLE ${name}`],
    });
    for (const key of late) {
      changes.push({
        phase: Phase.refer,
        up: [`ALTER TABLE ${name} ADD ${foreignKeyDdl(key)}`],
        down: [`ALTER TABLE ${name} DROP CONSTRAINT "${key.name.replaceAll('"', '""')}"`],
      });
    }
    left.delete(keyOf(table.schema, table.name));
  }
  return changes;
}

function writeChanges(changes: readonly Change[], files: readonly MigrationFile[]): string | undefined {
  const written = new Set(files.flatMap(({ sql }) => sql.split(/\r\n?|\n/).map((line) => line.trim())));
  // What was left commented out in an earlier file is not proposed again.
  const open = changes.filter(({ phase, up }) =>
    phase < Phase.dropRule || !up.every((line) => written.has(line))
  );
  if (open.length === 0) return undefined;
  const inOrder = open.toSorted((a, b) => a.phase - b.phase);
  const up = inOrder.flatMap((change) => change.up);
  const down = inOrder.toReversed().flatMap((change) => change.down);
  return `-- migrate:up\n${writeLines(up)}\n-- migrate:down\n${writeLines(down)}`;
}

function writeLines(lines: readonly string[]): string {
  const isComment = (line: string) => line.startsWith("--");
  // A migration needs at least one statement, and comments are none.
  const all = lines.every(isComment) ? ["SELECT 1", ...lines] : lines;
  return all.map((line) => isComment(line) ? `${line}\n` : `${line};\n`).join("");
}
