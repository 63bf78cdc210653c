/**
 * Runs the command `glam` with the given arguments, in the current folder and on the standard streams of this process.
 *
 * @example
 * ```ts ignore
 * import { glam } from "@glam/shared/cli";
 *
 * process.exit(await glam(["migrate", "up"]));
 * ```
 *
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage, 3 unapplied migrations (`migrate status`), 130 interrupted.
 */
export async function glam(args: readonly string[]): Promise<number> {
  const { runProgram } = await import("./_run_program.ts");
  return await runProgram(args);
}
