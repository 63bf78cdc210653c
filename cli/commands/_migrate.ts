import { migrateCommand } from "../../db/mod.ts";
import { findPath } from "../_modules.ts";
import type { Flags, Run } from "../_session.ts";

/** Runs one verb of `migrateCommand` with the options that commander has parsed. */
export function runMigrate(verb: string): Run {
  return async ({ terminal, json }, { databaseUrl, ...flags }, ...positionals) => {
    using progress = terminal.progress(`migrate ${verb}`);
    const tables = flags["autogenerate"] === true && flags["tables"] === undefined
      ? await findPath("tables")
      : undefined;
    let printed = Promise.resolve();
    const args = [
      verb,
      ...positionals,
      ...toArguments({ ...flags, ...(tables === undefined ? {} : { tables }) }),
    ];
    const exitCode = await migrateCommand(args, {
      database: databaseUrl as string | undefined,
      print: (text) => void (printed = terminal.print(text)),
      printError: terminal.printError,
      onProgress: (event) => {
        if (event.type === "started" && !json) progress.show(event.index - 1, event.total);
      },
      ...(terminal.isInteractive && !json ? { confirm: terminal.confirm } : {}),
    });
    await printed;
    return exitCode;
  };
}

function toArguments(flags: Flags): string[] {
  return Object.entries(flags).map(([name, value]) => {
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    return value === true ? flag : `${flag}=${value}`;
  });
}
