import { createHistory, type HistoryTable, readHistory } from "./_history.ts";
import { compare, findVersion } from "./_plan.ts";
import { quoteIdentifier, quoteText } from "../table/_identifier.ts";
import type { Session } from "./_session.ts";
import type { Migration } from "./migration_file.ts";
import { migrationError, problem } from "./migration_error.ts";

/** Options of {@link Migrator.baseline}. */
export interface BaselineOptions {
  /** The newest version that the database has already, such as `"0001"`. */
  readonly to: string;
  /**
   * Whether Alembic migrated the database. Its revision is read from `alembic_version` and noted in the history.
   * @default false
   */
  readonly fromAlembic?: boolean | undefined;
  /** The Alembic revision that the database must have. With another one nothing is marked. */
  readonly alembicRevision?: string | undefined;
}

/** The result of {@link Migrator.baseline}. */
export interface BaselineResult {
  /** Names of the files that were marked. */
  readonly marked: readonly string[];
  /** The Alembic revision, or several if its branches were not merged. */
  readonly alembic?: readonly string[] | undefined;
}

/** Marks files as applied without running them. */
export async function markBaseline(
  session: Session,
  history: HistoryTable,
  migrations: readonly Migration[],
  { to, fromAlembic = false, alembicRevision }: BaselineOptions,
): Promise<BaselineResult> {
  const rows = await readHistory(session, history) ?? [];
  const { entries, problems } = compare(migrations, rows);
  const wrong = problems.filter(({ kind }) => kind !== "out_of_order");
  if (wrong.length > 0) throw migrationError(wrong);
  const last = findVersion(entries, to);
  const alembic = fromAlembic || alembicRevision !== undefined
    ? await readAlembic(session, history.schema, alembicRevision)
    : undefined;
  const files = entries.flatMap(({ number, row, migration }) =>
    number <= last && row === undefined && migration !== undefined ? [migration] : []
  );
  if (files.length > 0) {
    await createHistory(session, history);
    const note = alembic === undefined ? "null" : quoteText(`Alembic stood at ${alembic.join(", ")}`);
    const values = files.map(({ number, name, checksum }) =>
      `(${number}, ${quoteText(name)}, ${quoteText(checksum)}, 'baseline', ${note}, now())`
    );
    await session.atomic(
      `insert into ${history.quoted} (version, name, checksum, state, message, finished_at) values ${
        values.join(", ")
      }`,
    );
  }
  return { marked: files.map(({ name }) => name), ...(alembic === undefined ? {} : { alembic }) };
}

/** Reads Alembic's revisions from its table, in the schema of the history or in `public`. */
async function readAlembic(
  session: Session,
  schema: string,
  expected: string | undefined,
): Promise<readonly string[]> {
  const [found] = await session.rows<{ schema: string }>(`
    select n.nspname as schema from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relname = 'alembic_version' and n.nspname in (${quoteText(schema)}, 'public')
    order by n.nspname <> ${quoteText(schema)} limit 1`);
  if (found === undefined) {
    throw problem(
      "refused",
      `There is no table alembic_version in ${schema} or public: Alembic did not migrate this database`,
    );
  }
  const rows = await session.rows<{ version_num: string }>(
    `select version_num from ${quoteIdentifier(found.schema)}.alembic_version order by 1`,
  );
  const revisions = rows.map(({ version_num }) => version_num);
  if (revisions.length === 0) {
    throw problem(
      "refused",
      "Alembic has applied no revision to this database: run `up` instead of `baseline`",
    );
  }
  if (expected !== undefined && (revisions.length > 1 || revisions[0] !== expected)) {
    throw problem(
      "refused",
      `Alembic stands at ${
        revisions.join(", ")
      } and not at ${expected}: upgrade it there first, or choose the file that ` +
        "is the same as where it stands",
    );
  }
  return revisions;
}
