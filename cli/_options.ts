import { INSTANT_FORMS, parseInstant } from "../internal/instant.ts";
import { type Command, InvalidArgumentError, Option } from "commander";

/** The examples below a command's help: command lines with their explanations. */
export function examples(lines: Readonly<Record<string, string>>): string {
  const width = Math.max(...Object.keys(lines).map((line) => line.length));
  const rows = Object.entries(lines).map(([line, text]) => `  ${line.padEnd(width)}  # ${text}\n`);
  return `\nExamples:\n${rows.join("")}`;
}

/**
 * A command with subcommands. Without one it prints its help, and for one that does not exist it suggests the most similar;
 * both fail as wrong usage. It has no action of its own, which would take the unknown subcommand for an argument.
 */
export function group(program: Command, name: string, description: string): Command {
  return program.command(name).description(description).usage("<command>");
}

/** Adds `--json`. */
export function withJson(command: Command, text = "print one JSON document"): Command {
  return command.option("--json", text);
}

/** Adds the options of a connection to NATS. */
export function withBus(command: Command): Command {
  return command
    .option(
      "--servers <urls>",
      "addresses of NATS, separated by commas (NATS_SERVERS, or <SERVICE>_NATS_SERVERS)",
    )
    .option("--user <name>", "name of the user; its password is in NATS_PASSWORD (NATS_USER)")
    .option("--creds <file>", "file of credentials (NATS_CREDS)")
    .option("--tls-ca <file>", "authority to trust, as PEM")
    .addOption(service());
}

/** Adds the options of a connection to the database. */
export function withDatabase(command: Command): Command {
  return command
    .option("--database-url <url>", "the database (DATABASE_URL, or <SERVICE>_DB_HOST, ...)")
    .option("--schema <name>", "schema to work in")
    .option("--pooler", "the URL is of a transaction pooler such as PgBouncer")
    .addOption(service());
}

function service(): Option {
  return new Option("--service <name>", "whose variables to read (SERVICE_NAME)");
}

/** Parses an integer of at least `least`, and at most `most`. */
export function wholeNumber(least: number, most: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    const end = most === Number.MAX_SAFE_INTEGER ? "" : ` to ${most}`;
    throw new InvalidArgumentError(`Expected a whole number from ${least}${end}.`);
  };
}

/** Parses a number greater than 0. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError("Expected a number greater than 0.");
}

/** Parses an instant: ISO 8601, or a duration before now such as `10m`. */
export function instant(text: string): Date {
  const date = parseInstant(text);
  if (date !== undefined) return date;
  throw new InvalidArgumentError(`Expected ${INSTANT_FORMS}.`);
}
