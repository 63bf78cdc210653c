import { checksumOf, normalizeText } from "./_checksum.ts";
import { type LineComment, splitStatements, SqlTextError, type Statement } from "./_statements.ts";
import type { MigrationProblem } from "./migration_error.ts";

/** A migration that is given as text, for runtimes without a file system, bundles and tests. */
export interface MigrationFile {
  /** Name of the file, such as `0001_create_items.sql`: a number of at most 18 digits, `_`, and what it does. */
  readonly name: string;
  /** The text of the file. */
  readonly sql: string;
}

/** One direction of a migration. */
export interface Section {
  /** The text between the marker and the next one. */
  readonly sql: string;
  /** The line of the file that the text begins on. */
  readonly line: number;
  readonly statements: readonly Statement[];
  /** Whether all of it runs in one transaction. */
  readonly transaction: boolean;
}

/** A parsed migration file. */
export interface Migration {
  /** The version as a number; `0001` and `1` are the same version. */
  readonly number: bigint;
  /** The version as it is written in the file's name. */
  readonly version: string;
  /** Name of the file without `.sql`. */
  readonly name: string;
  readonly checksum: string;
  readonly up: Section;
  /** `undefined` if the file cannot be reverted. */
  readonly down: Section | undefined;
}

/** Matches the name of a file: group 1 is the name without `.sql`, group 2 the version. */
export const FILE_NAME: RegExp = /^((?=0*[1-9])(\d{1,18})_[\w-]+)\.sql$/;
const MARKER = /^--\s*migrate:(.*)$/;

/** Parses files and sorts them by version. */
export async function parseMigrations(
  files: readonly MigrationFile[],
): Promise<{ readonly migrations: readonly Migration[]; readonly problems: readonly MigrationProblem[] }> {
  const problems: MigrationProblem[] = [];
  const migrations: Migration[] = [];
  for (const file of files) {
    try {
      migrations.push(await parseMigration(file));
    } catch (error) {
      if (!(error instanceof SqlTextError)) throw error;
      const where = error.line === 0 ? file.name : `${file.name}:${error.line}`;
      problems.push({ kind: "invalid", migration: file.name, message: `${where}: ${error.message}` });
    }
  }
  migrations.sort((a, b) => a.number < b.number ? -1 : a.number > b.number ? 1 : a.name < b.name ? -1 : 1);
  migrations.forEach(({ number, version, name }, i) => {
    const other = migrations[i - 1];
    if (other?.number !== number) return;
    const message =
      `${other.name} and ${name} have the same version ${version}: give the newer one the next number`;
    problems.push({ kind: "duplicate", migration: name, message });
  });
  return { migrations, problems };
}

/** @throws {SqlTextError} when the file is not a migration; line 0 is its name. */
export async function parseMigration({ name: fileName, sql }: MigrationFile): Promise<Migration> {
  const [, name, version] = FILE_NAME.exec(fileName) ?? [];
  if (name === undefined || version === undefined) {
    throw new SqlTextError(
      "expected a name like 0001_create_items.sql: a number from 1, of at most 18 digits, _, and letters, digits, _ or -",
      0,
    );
  }
  const text = normalizeText(sql);
  const { up, down } = sectionsOf(text);
  return { number: BigInt(version), version, name, checksum: await checksumOf(sql), up, down };
}

function sectionsOf(text: string): { up: Section; down: Section | undefined } {
  const { statements, comments } = splitStatements(text);
  const markers = comments.flatMap((comment) => {
    const marker = MARKER.exec(comment.text);
    return marker === null ? [] : [readMarker(marker[1]!, comment)];
  });
  const [up, down, extra] = markers;
  if (up?.direction !== "up") {
    throw new SqlTextError(
      "expected `-- migrate:up` before the SQL that applies the migration",
      up?.line ?? 1,
    );
  }
  const first = statements[0];
  if (first !== undefined && first.offset < up.offset) {
    throw new SqlTextError("this SQL is before `-- migrate:up`; move it below", first.line);
  }
  if (extra !== undefined || down?.direction === "up") {
    throw new SqlTextError(
      "expected one `-- migrate:up` and at most one `-- migrate:down`",
      (extra ?? down)!.line,
    );
  }
  const sectionFrom = (marker: Marker, end: number): Section => {
    const section = text.slice(marker.end, end);
    const parts = splitStatements(section).statements;
    for (const statement of parts) refuse(statement, marker.line);
    return { sql: section, line: marker.line, statements: parts, transaction: marker.transaction };
  };
  const upSection = sectionFrom(up, down?.offset ?? text.length);
  if (upSection.statements.length === 0) {
    throw new SqlTextError("there is no SQL after `-- migrate:up`", up.line);
  }
  const downSection = down === undefined ? undefined : sectionFrom(down, text.length);
  return { up: upSection, down: downSection?.statements.length === 0 ? undefined : downSection };
}

interface Marker {
  readonly direction: "up" | "down";
  readonly transaction: boolean;
  readonly offset: number;
  readonly end: number;
  readonly line: number;
}

function readMarker(words: string, { text, offset, line }: LineComment): Marker {
  const [direction, ...options] = words.trim().split(/\s+/);
  if (direction !== "up" && direction !== "down") {
    throw new SqlTextError(`expected \`migrate:up\` or \`migrate:down\`, got \`${text}\``, line);
  }
  const unknown = options.find((option) => !/^transaction:(true|false)$/.test(option));
  if (unknown !== undefined) {
    throw new SqlTextError(
      `expected \`transaction:false\` after \`migrate:${direction}\`, got \`${unknown}\``,
      line,
    );
  }
  const transaction = !options.includes("transaction:false");
  return { direction, transaction, offset, end: offset + text.length, line };
}

/** Refuses statements that end the transaction of the file, and COPY, which would wait for data of the client. */
function refuse({ words, line }: Statement, markerLine: number): void {
  const [first = "", second = ""] = words;
  const control = ["ABORT", "BEGIN", "COMMIT", "END", "START"].includes(first) ||
    (first === "ROLLBACK" && !words.includes("TO")) || (first === "PREPARE" && second === "TRANSACTION");
  const at = markerLine + line - 1;
  if (control) {
    throw new SqlTextError(
      `\`${
        words.slice(0, 2).join(" ").toLowerCase()
      }\` is not allowed in a migration: a file runs in one transaction, ` +
        "and one marked `transaction:false` statement by statement",
      at,
    );
  }
  if (first === "COPY" && (words.includes("STDIN") || words.includes("STDOUT"))) {
    throw new SqlTextError("`copy` from or to the client does not work in a migration; use insert", at);
  }
}
