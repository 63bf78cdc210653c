import { COMMON_FLAGS, type FlagHelp, type VerbHelp, VERBS } from "../../db/migrate/command_verbs.ts";
import type { Command } from "commander";
import { examples, group } from "../_options.ts";
import type { Declare } from "../_session.ts";

/** The verbs of `migrateCommand`, which takes what commander has understood. */
export const declareMigrate: Declare = (program, { action }) => {
  const migrate = group(program, "migrate", "bring the tables of the database up to date");
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
      "glam migrate create add_prices --autogenerate": "write a file from the tables in tables.ts",
      "glam migrate up --dry-run": "see what would run",
      "glam migrate down": "take the newest file back",
      "glam migrate status --json": "for a deployment; exits with 3 when there is something to apply",
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
