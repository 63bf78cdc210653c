import { COMMON_FLAGS, type FlagHelp, type VerbHelp, VERBS } from "../../db/migrate/command_verbs.ts";
import type { Command } from "commander";
import { examples, group } from "../_options.ts";
import type { Declare } from "../_session.ts";

/** The verbs of `migrateCommand`, with the arguments and options that commander parses. */
export const declareMigrate: Declare = (program, { action }) => {
  const migrate = group(program, "migrate", "migrate the tables of the database");
  for (const [verb, { summary, argument, flags }] of Object.entries<VerbHelp>(VERBS)) {
    const command = migrate.command(verb).description(summary);
    if (argument !== undefined) command.argument(argument);
    addFlags(command, flags);
    addFlags(command, COMMON_FLAGS);
    command.option("--database-url <url>", "the database (DATABASE_URL)");
    command.action(action(async () => {
      const { runMigrate } = await import("./_migrate.ts");
      return { run: runMigrate(verb) };
    }));
  }
  migrate.addHelpText(
    "after",
    examples({
      "glam migrate create add_prices --autogenerate": "generate a migration from tables.ts",
      "glam migrate up --dry-run": "list what would run",
      "glam migrate down": "revert the newest migration",
      "glam migrate status --json": "for a deployment; exits with 3 when migrations are not applied",
    }),
  );
};

function addFlags(command: Command, flags: Readonly<Record<string, FlagHelp>>): void {
  for (const [name, { value, text }] of Object.entries(flags)) {
    if (name === "help") continue;
    const term = value === undefined ? "" : ` ${/^<.*>$/.test(value) ? value : `<${value}>`}`;
    command.option(`--${name}${term}`, text);
  }
}
