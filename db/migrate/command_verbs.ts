/** What a flag is to whoever reads the help. */
export interface FlagHelp {
  /** What it takes; without it, it takes nothing. */
  readonly value?: string;
  readonly text: string;
}

/** What a verb is to whoever reads the help. */
export interface VerbHelp {
  readonly summary: string;
  /** The name of what it takes besides flags. */
  readonly argument?: string;
  /** The flags that only it takes. */
  readonly flags: Readonly<Record<string, FlagHelp>>;
}

/** What can be asked for. */
export type Verb = "up" | "down" | "status" | "verify" | "create" | "baseline" | "repair";

/** Each verb, for whoever reads the help. */
export const VERBS: Readonly<Record<Verb, VerbHelp>> = {
  up: {
    summary: "apply the files that are not applied yet",
    flags: {
      to: { value: "<version>", text: "up to this one" },
      "dry-run": { text: "say what would run, and run nothing" },
      "allow-newer": { text: "do nothing when the database is newer than the files" },
    },
  },
  down: {
    summary: "revert the newest file, after asking",
    flags: {
      to: { value: "<version>", text: "every one after this; 0 for all" },
      "dry-run": { text: "say what would run, and run nothing" },
      yes: { text: "do not ask" },
    },
  },
  status: {
    summary: "where the database stands; exits with 3 when files are not applied",
    flags: {},
  },
  verify: { summary: "check the files and the history against each other", flags: {} },
  create: {
    summary: "write the next file",
    argument: "<name>",
    flags: {
      autogenerate: { text: "with the difference between the tables in the code and the database" },
      tables: { value: "<module>", text: "where the code exports its tables" },
      "dry-run": { text: "print it instead" },
    },
  },
  baseline: {
    summary: "mark the files up to a version as applied, and run nothing",
    flags: {
      to: { value: "<version>", text: "the last file that the database has already" },
      "from-alembic": { text: "say where Alembic stood, and note it" },
      "alembic-revision": { value: "<r>", text: "only if it stood there" },
    },
  },
  repair: {
    summary: "put the history right",
    flags: {
      unfinished: {
        value: "<state>",
        text: "what a file that did not reach its end is now: applied or pending",
      },
      edited: { value: "accept", text: "take edited files as they are" },
      missing: { value: "forget", text: "take files that are gone out of the history" },
      only: { value: "<v>,<v>", text: "these versions only" },
    },
  },
};

/** The flags that every verb takes. */
export const COMMON_FLAGS: Readonly<Record<string, FlagHelp>> = {
  dir: { value: "<folder>", text: "the folder of the files (migrations)" },
  table: { value: "<name>", text: "name of the history table (glam_migrations)" },
  schema: { value: "<name>", text: "schema to work in" },
  wait: { value: "<seconds>", text: "how long to wait for another process that migrates (300)" },
  pooler: { text: "a transaction pooler such as PgBouncer is between" },
  "single-session": { text: "the database can have no second session" },
  service: { value: "<name>", text: "read <NAME>_DB_HOST, ... instead of DATABASE_URL" },
  json: { text: "one JSON document on standard output" },
  help: { text: "print this" },
};

/** What `--help` prints. */
export function usage(): string {
  const verbs = Object.entries(VERBS).flatMap((
    [name, { summary, argument, flags }],
  ) => [
    `  ${(argument === undefined ? name : `${name} ${argument}`).padEnd(22)} ${summary}`,
    ...flagLines(flags, 4),
  ]);
  return `Usage: migrate <command> [options]

${verbs.join("\n")}

${flagLines(COMMON_FLAGS, 2).join("\n")}

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 files are not applied, 130 stopped.
`;
}

function flagLines(flags: Readonly<Record<string, FlagHelp>>, indent: number): string[] {
  return Object.entries(flags).map(([name, { value, text }]) => {
    const flag = value === undefined ? `--${name}` : `--${name}=${value}`;
    return `${" ".repeat(indent)}${flag.padEnd(24 - indent)} ${text}`;
  });
}
