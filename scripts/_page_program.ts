/**
 * Runs a page of the documentation as one program, and compares its output with the comments behind `console.log`.
 *
 * @module
 */
import { cacheDir, root } from "./_project.ts";
import { run } from "./_run.ts";

const MARK = "<!-- one program:";

/** Whether a page is one program, and not a collection of independent examples. */
export function isProgram(page: string): boolean {
  return page.includes(MARK);
}

/** The `ts` blocks of a page, one after the other. */
export function programOf(page: string): string {
  return [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code).join("\n");
}

/** The expected output: the comments behind the calls of `console.log`. */
export function promisedLines(program: string): string[] {
  return [...program.matchAll(/console\.log\(.*\);? *\/\/ (.*)$/gm)].map(([, line]) => line!.trim());
}

/** Type-checks and runs a page. Gives the problem, or `undefined`. */
export async function runPage(
  path: string,
  config: string,
  env: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const program = programOf(await Deno.readTextFile(`${root}/${path}`));
  const file = `${cacheDir}/pages/${path.replaceAll("/", "_")}.ts`;
  await Deno.mkdir(`${cacheDir}/pages`, { recursive: true });
  await Deno.writeTextFile(file, program);
  const command = [Deno.execPath(), "run", "--quiet", "--check", "--allow-all", "--config", config, file];
  const { code, output } = await run(command, { cwd: root, env });
  if (code !== 0) return `${path} failed:\n${output}`;
  const printed = output.trimEnd().split("\n").filter((line) => line !== "");
  const promised = promisedLines(program);
  const wrong = promised.findIndex((line, index) => line !== printed[index]?.trim());
  if (wrong >= 0) {
    return `${path}: expected line ${wrong + 1} to be\n  ${promised[wrong]}\ngot\n  ${printed[wrong]}`;
  }
  if (promised.length === 0 || promised.length !== printed.length) {
    return `${path}: expected ${promised.length} lines, at least one, got\n${output}`;
  }
  return undefined;
}
