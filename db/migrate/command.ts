import { toGlamError } from "../../errors/to_glam_error.ts";
import { readEnv } from "../../internal/environment.ts";
import { connectDatabase } from "../connect_database.ts";
import { databaseOptionsFromEnv } from "../database_options_from_env.ts";
import type { DatabaseOptions } from "../options.ts";
import type { TableModel } from "../table.ts";
import { type CommandArguments, parseArguments, USAGE, UsageError } from "./_command_arguments.ts";
import {
  count,
  describeError,
  describeEvent,
  describePlan,
  describeStatus,
  toWire,
} from "./_command_output.ts";
import { askOnTerminal, loadTables, onInterrupt } from "./_terminal.ts";
import { isMigrationError } from "./migration_error.ts";
import type { MigrationFile } from "./migration_file.ts";
import { Migrator } from "./migrator.ts";

/** Options of {@link migrateCommand}. */
export interface MigrateCommandOptions {
  /**
   * The database to migrate.
   * @default DATABASE_URL, else the variables of the service that `--service` or SERVICE_NAME names
   */
  readonly database?: string | DatabaseOptions | undefined;
  /**
   * The folder of the files, or the files; `--dir` wins.
   * @default "migrations"
   */
  readonly migrations?: string | URL | readonly MigrationFile[] | undefined;
  /**
   * The tables of the code, for `create --autogenerate`; `--tables` wins.
   * @default none
   */
  readonly tables?: readonly TableModel[] | undefined;
  /**
   * Prints what was asked for.
   * @default console.log
   */
  readonly print?: ((text: string) => void) | undefined;
  /**
   * Prints progress and errors.
   * @default console.error
   */
  readonly printError?: ((text: string) => void) | undefined;
  /**
   * Asks whether to do what destroys.
   * @default asks on the terminal, and without one answers no
   */
  readonly confirm?: ((question: string) => Promise<boolean>) | undefined;
  /**
   * Stops it.
   * @default SIGINT and SIGTERM; the second one ends the process
   */
  readonly signal?: AbortSignal | undefined;
}

/** A verb's answer: for people, for machines, and as the exit code. */
interface Answer {
  readonly text: string;
  readonly json: object;
  readonly exitCode?: number;
}

/**
 * The command line of migrations, `up`, `down`, `status`, `verify`, `create`, `baseline` and `repair`, as a function:
 * a service has it as a file of its own that passes its tables.
 *
 * @example
 * ```ts ignore
 * import { migrateCommand } from "@glam/shared/db";
 * import { Items } from "./tables.ts";
 *
 * const exitCode = await migrateCommand(Deno.args, { migrations: "migrations", tables: [Items] });
 * Deno.exit(exitCode);
 * ```
 *
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage, 3 files are not applied (`status`), 130 stopped.
 */
export async function migrateCommand(
  args: readonly string[],
  options: MigrateCommandOptions = {},
): Promise<number> {
  const { print = (text) => console.log(text), printError = (text) => console.error(text) } = options;
  let json = args.includes("--json");
  try {
    const parsed = parseArguments(args);
    if (parsed === undefined) {
      print(USAGE);
      return args.includes("--help") ? 0 : 2;
    }
    json = parsed.flags.json === true;
    const answer = await run(parsed, options, json ? () => {} : printError);
    print(json ? JSON.stringify(toWire(answer.json), null, 2) : answer.text);
    return answer.exitCode ?? 0;
  } catch (error) {
    const isUsage = error instanceof UsageError;
    if (json && !isUsage) {
      print(
        JSON.stringify({ error: { ...toGlamError(error).toJSON(), message: describeError(error) } }, null, 2),
      );
    } else printError(isUsage ? `${error.message}\nSee --help` : describeError(error));
    if (isUsage) return 2;
    return isMigrationError(error) && error.kind === "stopped" ? 130 : 1;
  }
}

async function run(
  command: CommandArguments,
  options: MigrateCommandOptions,
  report: (text: string) => void,
): Promise<Answer> {
  const { flags } = command;
  const seconds = Number(flags.wait ?? 300);
  if (!(seconds >= 0)) {
    throw new UsageError(`Expected --wait to be seconds, got ${JSON.stringify(flags.wait)}`);
  }
  const interrupt = options.signal === undefined ? onInterrupt(report) : undefined;
  const db = await connectDatabase(databaseOf(command, options));
  try {
    const migrator = new Migrator(db, {
      migrations: flags.dir ?? options.migrations ?? "migrations",
      table: flags.table,
      waitMs: Math.round(seconds * 1000),
      allowNewer: flags["allow-newer"],
      singleSession: flags["single-session"],
      onProgress: (event) => report(describeEvent(event)),
    });
    return await verbs[command.verb](migrator, command, options, options.signal ?? interrupt?.signal);
  } finally {
    interrupt?.[Symbol.dispose]();
    await db.close();
  }
}

function databaseOf({ verb, flags }: CommandArguments, { database }: MigrateCommandOptions): DatabaseOptions {
  const url = readEnv("DATABASE_URL");
  const service = flags.service ?? (url === undefined ? readEnv("SERVICE_NAME") : undefined);
  const given = typeof database === "string" ? { url: database } : database;
  const found = given ??
    (service === undefined ? url === undefined ? undefined : { url } : databaseOptionsFromEnv(service));
  const needsNone = verb === "create" && flags.autogenerate !== true;
  if (found === undefined && !needsNone) {
    throw new UsageError("Say which database: set DATABASE_URL, or name a --service whose variables are set");
  }
  return {
    applicationName: "glam migrate",
    ...found,
    ...(flags.schema === undefined ? {} : { schema: flags.schema }),
    ...(flags.pooler === undefined ? {} : { pooler: flags.pooler }),
    ...(flags["single-session"] === true ? { poolSize: 1, maxOverflow: 0 } : {}),
    lazy: true,
  };
}

type RunVerb = (
  migrator: Migrator,
  command: CommandArguments,
  options: MigrateCommandOptions,
  signal: AbortSignal | undefined,
) => Promise<Answer>;

const verbs: Readonly<Record<CommandArguments["verb"], RunVerb>> = {
  async up(migrator, { flags }, _, signal) {
    const { to, "dry-run": dryRun = false } = flags;
    const migrations = await migrator.up({ to, dryRun, signal });
    const text = dryRun
      ? describePlan(migrations, "apply")
      : migrations.length === 0
      ? "Nothing to do: the database is up to date"
      : `Applied ${count(migrations.length)}`;
    return { text, json: { migrations, dryRun } };
  },

  async down(migrator, { flags }, { confirm }, signal) {
    const { to, "dry-run": dryRun = false, yes = false, json = false } = flags;
    const planned = await migrator.down({ to, dryRun: true, signal });
    const plan = describePlan(planned, "revert");
    if (dryRun || planned.length === 0) return { text: plan, json: { migrations: planned, dryRun } };
    if (!yes) {
      if (json && confirm === undefined) throw new UsageError("`down` asks first: with --json say --yes");
      const question = `${plan}\n\nWhat they drop is gone. Revert ${count(planned.length)}?`;
      if (!await (confirm ?? askOnTerminal)(question)) {
        return {
          text: "Nothing was reverted; say --yes to revert without a question",
          json: { migrations: [], dryRun },
          exitCode: 1,
        };
      }
    }
    // Exactly what was shown, even if somebody else has reverted some of it meanwhile.
    const { migrations: all } = await migrator.status();
    const oldest = all.findIndex(({ name }) => name === planned.at(-1)?.name);
    const migrations = await migrator.down({ to: all[oldest - 1]?.version ?? "0", signal });
    return { text: `Reverted ${count(migrations.length)}`, json: { migrations, dryRun } };
  },

  async status(migrator) {
    const status = await migrator.status();
    const exitCode = { empty: 3, pending: 3, current: 0, newer: 1, broken: 1 }[status.state];
    return {
      text: describeStatus(status),
      json: status,
      exitCode,
    };
  },

  async verify(migrator) {
    await migrator.verify();
    return { text: "The files and the history fit", json: { problems: [] } };
  },

  async create(migrator, { title, flags }, { tables }) {
    const { autogenerate = false, "dry-run": dryRun = false } = flags;
    if (flags.tables !== undefined && !autogenerate) throw new UsageError("--tables is for --autogenerate");
    const wanted = flags.tables === undefined ? tables : await loadTables(flags.tables);
    if (autogenerate && wanted === undefined) {
      throw new UsageError("Say where the tables are: --tables=<module>");
    }
    const file = await migrator.create(title, { dryRun, ...(autogenerate ? { autogenerate: wanted } : {}) });
    const text = file === undefined
      ? "Nothing to do: the database has the tables of the code"
      : file.path === undefined
      ? file.sql.trimEnd()
      : `Wrote ${file.path}`;
    return { text, json: { file: file ?? null } };
  },

  async baseline(migrator, { flags }) {
    if (flags.to === undefined) {
      throw new UsageError("Say what the database has already: baseline --to=<version>");
    }
    const { marked, alembic } = await migrator.baseline({
      to: flags.to,
      fromAlembic: flags["from-alembic"],
      alembicRevision: flags["alembic-revision"],
    });
    const lines = [
      ...(alembic === undefined ? [] : [`Alembic stood at ${alembic.join(", ")}`]),
      marked.length === 0 ? "Nothing to mark" : `Marked as applied: ${marked.join(", ")}`,
    ];
    return { text: lines.join("\n"), json: { marked, ...(alembic === undefined ? {} : { alembic }) } };
  },

  async repair(migrator, { flags }) {
    const repairs = await migrator.repair({
      unfinished: oneOf("unfinished", flags.unfinished, ["applied", "pending"]),
      edited: oneOf("edited", flags.edited, ["accept"]),
      missing: oneOf("missing", flags.missing, ["forget"]),
      only: flags.only?.split(","),
    });
    const lines = repairs.map(({ migration, kind, now }) => `${migration}: was ${kind}, is ${now}`);
    return { text: lines.join("\n") || "Nothing to repair", json: { repairs } };
  },
};

function oneOf<T extends string>(
  name: string,
  value: string | undefined,
  choices: readonly T[],
): T | undefined {
  if (value === undefined || (choices as readonly string[]).includes(value)) return value as T | undefined;
  throw new UsageError(`Expected --${name} to be ${choices.join(" or ")}, got ${JSON.stringify(value)}`);
}
