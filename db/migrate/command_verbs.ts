/** A flag in the help. */
export interface FlagHelp {
  /** The name of its value; a flag without one takes no value. */
  readonly value?: string;
  readonly text: string;
}

/** A verb in the help. */
export interface VerbHelp {
  readonly summary: string;
  /** The name of its argument. */
  readonly argument?: string;
  /** Flags of this verb only. */
  readonly flags: Readonly<Record<string, FlagHelp>>;
}

/** A command of the command line. */
export type Verb = "up" | "down" | "status" | "verify" | "create" | "baseline" | "repair";

/** The verbs. */
export const VERBS: Readonly<Record<Verb, VerbHelp>> = {
  up: {
    summary: "apply the files that are not applied yet",
    flags: {
      to: { value: "<version>", text: "up to this one" },
      "dry-run": { text: "print what would run, and run nothing" },
      "allow-newer": { text: "do nothing when the database is newer than the files" },
    },
  },
  down: {
    summary: "revert the newest file, after asking",
    flags: {
      to: { value: "<version>", text: "every one after this; 0 for all" },
      "dry-run": { text: "print what would run, and run nothing" },
      yes: { text: "do not ask" },
    },
  },
  status: {
    summary: "show what is applied; exits with 3 when files are not applied",
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
      "from-alembic": { text: "read the Alembic revision, and note it in the history" },
      "alembic-revision": { value: "<r>", text: "only if the database has this Alembic revision" },
    },
  },
  repair: {
    summary: "correct the history",
    flags: {
      unfinished: {
        value: "<state>",
        text: "mark a file that did not reach its end as applied or pending",
      },
      edited: { value: "accept", text: "accept the current text of edited files" },
      missing: { value: "forget", text: "remove missing files from the history" },
      only: { value: "<v>,<v>", text: "these versions only" },
    },
  },
};

/** Flags of every verb. */
export const COMMON_FLAGS: Readonly<Record<string, FlagHelp>> = {
  dir: { value: "<folder>", text: "the folder of the files (migrations)" },
  table: { value: "<name>", text: "name of the history table (glam_migrations)" },
  schema: { value: "<name>", text: "schema to work in" },
  wait: { value: "<seconds>", text: "how long to wait for another process that migrates (300)" },
  pooler: { text: "connect through a transaction pooler such as PgBouncer" },
  "single-session": { text: "the database can have no second session" },
  service: { value: "<name>", text: "read <NAME>_DB_HOST, ... instead of DATABASE_URL" },
  json: { text: "one JSON document on standard output" },
  help: { text: "print this" },
};

/** The output of `--help`. */
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
