import { escapeControlsInLines } from "../../internal/terminal_text.ts";
import { toGlamError } from "../../errors/to_glam_error.ts";
import { readEnv } from "../../internal/environment.ts";
import { connectDatabase } from "../connect_database.ts";
import { databaseOptionsFromEnv } from "../database_options_from_env.ts";
import type { DatabaseOptions } from "../options.ts";
import { type CommandArguments, parseArguments, UsageError } from "./_command_arguments.ts";
import { describeError, describeEvent, toWire } from "./_command_output.ts";
import { usage } from "./command_verbs.ts";
import { onInterrupt } from "./_terminal.ts";
import { type Answer, verbs } from "./_verbs.ts";
import { isMigrationError } from "./migration_error.ts";
import { Migrator } from "./migrator.ts";

import type { MigrateCommandOptions } from "./command_options.ts";

/** See `migrateCommand`. */
export async function runMigrateCommand(
  args: readonly string[],
  options: MigrateCommandOptions,
): Promise<number> {
  // Text from files and the database must not control the terminal.
  const {
    print = (text) => console.log(escapeControlsInLines(text)),
    printError = (text) => console.error(escapeControlsInLines(text)),
  } = options;
  let json = args.includes("--json");
  try {
    const parsed = parseArguments(args);
    if (parsed === undefined) {
      print(usage());
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
    }
    printError(isUsage ? `${error.message}\nSee --help` : describeError(error));
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
      onProgress: (event) => {
        report(describeEvent(event));
        options.onProgress?.(event);
      },
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
    throw new UsageError(
      "Expected a database: set DATABASE_URL, or name a --service whose variables are set",
    );
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
