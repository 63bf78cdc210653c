import { COMMON_FLAGS, type FlagHelp, type Verb, VERBS } from "./command_verbs.ts";

/** A parsed command line. */
export interface CommandArguments {
  readonly verb: Verb;
  /** The name that `create` was given. */
  readonly title: string;
  readonly flags: Flags;
}

type BooleanFlag =
  | "allow-newer"
  | "autogenerate"
  | "dry-run"
  | "from-alembic"
  | "json"
  | "pooler"
  | "single-session"
  | "yes";
type TextFlag =
  | "alembic-revision"
  | "dir"
  | "edited"
  | "missing"
  | "only"
  | "schema"
  | "service"
  | "table"
  | "tables"
  | "to"
  | "unfinished"
  | "wait";
type Flags = { readonly [Name in BooleanFlag]?: boolean } & { readonly [Name in TextFlag]?: string };

/** A command line that cannot be understood. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

interface Util {
  parseArgs(config: object): { values: Record<string, string | boolean>; positionals: string[] };
}

/** Parses a command line; `undefined` when it asks for help. */
export function parseArguments(args: readonly string[]): CommandArguments | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): Util | undefined } };
  const util = process?.getBuiltinModule?.("node:util");
  if (util === undefined) throw new TypeError("Cannot read a command line: this runtime has no node:util");
  const { values, positionals } = parse(util, args);
  if (values["help"] === true) return undefined;
  const [verb, title = "", ...rest] = positionals;
  if (verb === undefined) return undefined;
  if (!isVerb(verb)) {
    throw new UsageError(
      `Expected a command of ${Object.keys(VERBS).join(", ")}, got ${JSON.stringify(verb)}`,
    );
  }
  const known = { ...COMMON_FLAGS, ...VERBS[verb].flags };
  const unknown = Object.keys(values).find((name) => !Object.hasOwn(known, name));
  if (unknown !== undefined) throw new UsageError(`\`${verb}\` takes no --${unknown}`);
  const extra = verb === "create" ? rest[0] : (title || rest[0]);
  if (extra) throw new UsageError(`\`${verb}\` takes no ${JSON.stringify(extra)}`);
  if (verb === "create" && title === "") {
    throw new UsageError("Expected a name that says what the migration does: create <name>");
  }
  return { verb, title, flags: values };
}

const VERB_FLAGS = Object.values(VERBS).map(({ flags }) => flags);
const FLAGS = Object.fromEntries(
  Object.entries<FlagHelp>(Object.assign({}, COMMON_FLAGS, ...VERB_FLAGS)).map(([name, { value }]) => [
    name,
    { type: value === undefined ? "boolean" : "string" },
  ]),
);

function parse(util: Util, args: readonly string[]): ReturnType<Util["parseArgs"]> {
  try {
    return util.parseArgs({ args: [...args], options: FLAGS, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message.split(". ")[0]);
  }
}

function isVerb(verb: string): verb is Verb {
  return Object.hasOwn(VERBS, verb);
}
