import { isLockFailure, type ServerError } from "./_server_error.ts";
import { isBeingBuilt } from "./_catalog.ts";
import type { Session } from "./_session.ts";
import { type MigrationError, problem } from "./migration_error.ts";
import type { Migration, Section } from "./migration_file.ts";
import type { MigrationDirection } from "./options.ts";

/** The error of a file whose transaction was rolled back. `offset` is where its text begins in the text that was sent. */
export function failure(
  migration: Migration,
  section: Section,
  direction: MigrationDirection,
  cause: ServerError,
  offset: number,
  attempts: number,
): MigrationError {
  const line = lineOf(section, cause.position, offset);
  const where = `${migration.name}.sql${line === undefined ? "" : `:${line}`}`;
  const undone = `nothing of it was ${direction === "up" ? "applied" : "reverted"}`;
  const message = isLockFailure(cause)
    ? `${where}: did not get its locks in ${attempts} attempts (${cause.message}): another transaction uses these ` +
      `tables and does not end, see pg_stat_activity; ${undone}`
    : `${where}: ${cause.message} (${cause.code})${hintOf(cause)}; ${undone}`;
  return problem("failed", message, migration.name, cause);
}

function hintOf({ code, hint }: ServerError): string {
  if (code === "25001") return "; put it into a file of its own marked `-- migrate:up transaction:false`";
  return hint === undefined ? "" : `; ${hint.replace(/\.$/, "")}`;
}

/** The line of an error. Its position counts characters of the whole text that was sent, and may be missing. */
function lineOf(
  { sql, line, statements }: Section,
  position: string | undefined,
  offset: number,
): number | undefined {
  const index = Number(position) - 1 - offset;
  const before = Array.from(sql).slice(0, index);
  if (position === undefined && statements.length === 1) return line + statements[0]!.line - 1;
  if (!(index >= 0) || before.length < index) return undefined;
  return line + before.filter((character) => character === "\n").length;
}

/** The error of a file outside of a transaction that stopped before its end. */
export async function halfDone(
  session: Session,
  migration: Migration,
  section: Section,
  direction: MigrationDirection,
  cause: ServerError,
  done: number,
): Promise<MigrationError> {
  const statement = section.statements[done];
  const where = `${migration.name}.sql${
    statement === undefined ? "" : `:${section.line + statement.line - 1}`
  }`;
  const invalid = statement === undefined ? [] : await invalidIndexes(session, statement.text);
  const left = invalid.length === 0
    ? ""
    : `; drop what is left of an index that was not built: ${invalid.join(", ")}`;
  return problem(
    "unfinished",
    `${where}: ${cause.message} (${cause.code}); ${done} of the ${section.statements.length} statements took effect and ` +
      `stay, since it is marked \`transaction:false\`${left}; put the database right by hand, then \`repair\` with ` +
      `unfinished: "${direction === "up" ? "pending" : "applied"}", or the other where you finished it`,
    migration.name,
    cause,
  );
}

/** The INVALID indexes of the tables that a statement names, without those that another session is building. */
async function invalidIndexes(session: Session, text: string): Promise<string[]> {
  const rows = await session.rows<{ name: string; index: string; table: string }>(`
    select indexrelid::regclass::text as name, x.relname as index, c.relname as table
    from pg_catalog.pg_index i join pg_catalog.pg_class x on x.oid = i.indexrelid
    join pg_catalog.pg_class c on c.oid = i.indrelid
    where not i.indisvalid and not ${isBeingBuilt("i.indrelid")} order by 1`).catch(() => []);
  const words = new Set(text.match(/"(?:[^"]|"")*"|[\w$\u0080-\uffff]+/g)?.map(unquote));
  return rows.filter(({ index, table }) => words.has(index) || words.has(table)).map(({ name }) => name);
}

function unquote(word: string): string {
  return word.startsWith('"') ? word.slice(1, -1).replaceAll('""', '"') : word.toLowerCase();
}
