/**
 * Runs the command `glam` with these arguments, in the current folder and with the terminal of this process.
 *
 * @example
 * ```ts ignore
 * import { glam } from "@glam/shared/cli";
 *
 * process.exit(await glam(["migrate", "up"]));
 * ```
 *
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage, 3 files are not applied (`migrate status`), 130 stopped.
 */
export async function glam(args: readonly string[]): Promise<number> {
  const { runProgram } = await import("./_run_program.ts");
  return await runProgram(args);
}
