import { type CommandArguments, UsageError } from "./_command_arguments.ts";
import { count, describePlan, describeStatus } from "./_command_output.ts";
import { askOnTerminal, loadTables } from "./_terminal.ts";
import type { MigrateCommandOptions } from "./command_options.ts";
import type { Migrator } from "./migrator.ts";

/** The result of a verb: text, JSON and exit code. */
export interface Answer {
  readonly text: string;
  readonly json: object;
  readonly exitCode?: number;
}

/** Runs a verb. */
export type RunVerb = (
  migrator: Migrator,
  command: CommandArguments,
  options: MigrateCommandOptions,
  signal: AbortSignal | undefined,
) => Promise<Answer>;

/** The implementation of each verb. */
export const verbs: Readonly<Record<CommandArguments["verb"], RunVerb>> = {
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
      if (json && confirm === undefined) {
        throw new UsageError("`down` asks for confirmation: with --json add --yes");
      }
      const question = `${plan}\n\nData in dropped tables and columns is lost. Revert ${
        count(planned.length)
      }?`;
      if (!await (confirm ?? askOnTerminal)(question)) {
        return {
          text: "Nothing was reverted; add --yes to revert without confirmation",
          json: { migrations: [], dryRun },
          exitCode: 1,
        };
      }
    }
    // Exactly what was shown, even if another process has reverted some of it meanwhile.
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
    return { text: "The files match the history", json: { problems: [] } };
  },

  async create(migrator, { title, flags }, { tables }) {
    const { autogenerate = false, "dry-run": dryRun = false } = flags;
    if (flags.tables !== undefined && !autogenerate) throw new UsageError("--tables is for --autogenerate");
    const wanted = flags.tables === undefined ? tables : await loadTables(flags.tables);
    if (autogenerate && wanted === undefined) {
      throw new UsageError("Expected the module of the tables: --tables=<module>");
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
      throw new UsageError(
        "Expected the newest version that the database has already: baseline --to=<version>",
      );
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
