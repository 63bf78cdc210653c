import type { MigrateCommandOptions } from "./command_options.ts";

/**
 * Runs the command line of migrations: `up`, `down`, `status`, `verify`, `create`, `baseline` and `repair`. A service
 * calls it from a file of its own and passes its tables.
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
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage, 3 some files are not applied (`status`), 130 interrupted.
 */
export async function migrateCommand(
  args: readonly string[],
  options: MigrateCommandOptions = {},
): Promise<number> {
  const { runMigrateCommand } = await import("./_command.ts");
  return await runMigrateCommand(args, options);
}
