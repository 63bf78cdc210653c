import { Command, type OutputConfiguration } from "commander";
import { declareCompletion } from "./commands/completion.ts";
import { declareConfig } from "./commands/config.ts";
import { declareDev } from "./commands/dev.ts";
import { declareDlq } from "./commands/dlq.ts";
import { declareDocs } from "./commands/docs.ts";
import { declareEvents } from "./commands/events.ts";
import { declareMigrate } from "./commands/migrate.ts";
import { declareNew } from "./commands/new.ts";
import { declareOps } from "./commands/ops.ts";
import { declareOutbox } from "./commands/outbox.ts";
import { declareSchedules } from "./commands/schedules.ts";
import { declareStreams } from "./commands/streams.ts";
import { examples } from "./_options.ts";
import { VERSION } from "./templates/versions.ts";
import type { Declare, DeclareTools } from "./_session.ts";

const groups: readonly Declare[] = [
  declareNew,
  declareDev,
  declareMigrate,
  declareEvents,
  declareDlq,
  declareOutbox,
  declareSchedules,
  declareStreams,
  declareConfig,
  declareDocs,
  declareOps,
  declareCompletion,
];

/** Declares all commands. The code of a command is imported when it runs. */
export function createProgram(tools: DeclareTools, output: OutputConfiguration = {}): Command {
  const program = new Command("glam")
    .description("The command of a fleet of services on @glam/shared.")
    .version(VERSION, "--version", "print the version")
    .configureOutput(output)
    .configureHelp({ showGlobalOptions: false, helpWidth: 100 })
    .showHelpAfterError("See --help")
    .exitOverride();
  for (const declare of groups) declare(program, tools);
  return program.addHelpText(
    "after",
    examples({
      "glam new orders": "write a service that starts at once",
      "glam dev": "run it with what it needs, again after each change",
      "glam migrate up": "apply what is not applied yet",
      "glam events tail 'evt.order.>'": "follow events as they come",
      "glam dlq redrive --error-code DATABASE_ERROR": "publish again what could not be handled",
    }) +
      `
Files are looked for in the current folder: migrations/, tables.ts, events.ts, endpoints.ts,
streams.ts, config.ts.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 unapplied migrations (migrate status), 130 interrupted.
`,
  );
}
