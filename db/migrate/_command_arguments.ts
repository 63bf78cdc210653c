/** A command line, taken apart. */
export interface CommandArguments {
  readonly verb: Verb;
  /** What `create` is to call the file. */
  readonly title: string;
  readonly flags: Flags;
}

/** What can be asked for. */
export const VERBS = ["up", "down", "status", "verify", "create", "baseline", "repair"] as const;
/** One of {@link VERBS}. */
export type Verb = typeof VERBS[number];

type FlagName = keyof typeof FLAGS;
type Flags = {
  readonly [Name in FlagName]?: (typeof FLAGS)[Name]["type"] extends "boolean" ? boolean : string;
};

const FLAGS = {
  "alembic-revision": { type: "string" },
  "allow-newer": { type: "boolean" },
  autogenerate: { type: "boolean" },
  dir: { type: "string" },
  "dry-run": { type: "boolean" },
  edited: { type: "string" },
  "from-alembic": { type: "boolean" },
  help: { type: "boolean" },
  json: { type: "boolean" },
  missing: { type: "string" },
  only: { type: "string" },
  pooler: { type: "boolean" },
  schema: { type: "string" },
  service: { type: "string" },
  "single-session": { type: "boolean" },
  table: { type: "string" },
  tables: { type: "string" },
  to: { type: "string" },
  unfinished: { type: "string" },
  wait: { type: "string" },
  yes: { type: "boolean" },
} as const;

/** The flags that each verb takes, besides those that all take. */
const OWN_FLAGS: Readonly<Record<Verb, readonly FlagName[]>> = {
  up: ["to", "dry-run", "allow-newer"],
  down: ["to", "dry-run", "yes"],
  status: [],
  verify: [],
  create: ["autogenerate", "tables", "dry-run"],
  baseline: ["to", "from-alembic", "alembic-revision"],
  repair: ["unfinished", "edited", "missing", "only"],
};
const COMMON_FLAGS: readonly FlagName[] = [
  "dir",
  "help",
  "json",
  "pooler",
  "schema",
  "service",
  "single-session",
  "table",
  "wait",
];

/** What `--help` prints. */
export const USAGE = `Usage: migrate <command> [options]

  up                     apply the files that are not applied yet
    --to=<version>       up to this one
    --dry-run            say what would run, and run nothing
    --allow-newer        do nothing when the database is newer than the files
  down                   revert the newest file, after asking
    --to=<version>       every one after this; 0 for all
    --dry-run, --yes     say what would run; do not ask
  status                 where the database stands; exits with 3 when files are not applied
  verify                 check the files and the history against each other
  create <name>          write the next file
    --autogenerate       with the difference between the tables in the code and the database
    --tables=<module>    where the code exports its tables
    --dry-run            print it instead
  baseline --to=<v>      mark the files up to this version as applied, and run nothing
    --from-alembic       say where Alembic stood, and note it
    --alembic-revision=<r>  only if it stood there
  repair                 put the history right
    --unfinished=applied|pending  what a file that did not reach its end is now
    --edited=accept      take edited files as they are
    --missing=forget     take files that are gone out of the history
    --only=<v>,<v>       these versions only

  --dir=<folder>         the folder of the files (migrations)
  --json                 one JSON document on standard output
  --table=, --schema=    name of the history table (glam_migrations); schema to work in
  --wait=<seconds>       how long to wait for another process that migrates (300)
  --pooler               a transaction pooler such as PgBouncer is between
  --single-session       the database can have no second session
  --service=<name>       read <NAME>_DB_HOST, ... instead of DATABASE_URL

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 files are not applied, 130 stopped.
`;

/** A command line that cannot be understood. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

interface Util {
  parseArgs(config: object): { values: Record<string, string | boolean>; positionals: string[] };
}

/** Takes a command line apart; `undefined` when it asks for help. */
export function parseArguments(args: readonly string[]): CommandArguments | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): Util | undefined } };
  const util = process?.getBuiltinModule?.("node:util");
  if (util === undefined) throw new TypeError("Cannot read a command line: this runtime has no node:util");
  const { values, positionals } = parse(util, args);
  if (values["help"] === true) return undefined;
  const [verb, title = "", ...rest] = positionals;
  if (verb === undefined) return undefined;
  if (!isVerb(verb)) {
    throw new UsageError(`Expected a command of ${VERBS.join(", ")}, got ${JSON.stringify(verb)}`);
  }
  const known = [...COMMON_FLAGS, ...OWN_FLAGS[verb]];
  const unknown = Object.keys(values).find((name) => !known.includes(name as FlagName));
  if (unknown !== undefined) throw new UsageError(`\`${verb}\` takes no --${unknown}`);
  const extra = verb === "create" ? rest[0] : (title || rest[0]);
  if (extra) throw new UsageError(`\`${verb}\` takes no ${JSON.stringify(extra)}`);
  if (verb === "create" && title === "") throw new UsageError("Say what the migration does: create <name>");
  return { verb, title, flags: values };
}

function parse(util: Util, args: readonly string[]): ReturnType<Util["parseArgs"]> {
  try {
    return util.parseArgs({ args: [...args], options: FLAGS, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message.split(". ")[0]);
  }
}

function isVerb(verb: string): verb is Verb {
  return (VERBS as readonly string[]).includes(verb);
}
