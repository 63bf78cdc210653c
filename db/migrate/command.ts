import type { MigrateCommandOptions } from "./command_options.ts";

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
  const { runMigrateCommand } = await import("./_command.ts");
  return await runMigrateCommand(args, options);
}
