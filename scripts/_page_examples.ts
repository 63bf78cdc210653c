/**
 * Runs the examples of a page, each for itself, and compares what they print with what their comments say.
 *
 * @module
 */
import { cacheDir, root } from "./_project.ts";
import { run } from "./_run.ts";

/** What an example says it prints: the comment behind a call of `console.log`, or below it. */
export function promisedByExample(example: string): string[] {
  const calls = example.matchAll(/console\.log\((?:(?!;\n)[^])*?\);?[ \t]*(?:\n[ \t]*)?\/\/ (.*)$/gm);
  return [...calls].map(([, line]) => line!.trim());
}

/**
 * Runs each `ts` block of a page that says what it prints. It must print that, in that order; lines of a log may stand
 * between, and an object may be broken into lines. Gives what went wrong.
 */
export async function runExamples(path: string, config: string): Promise<string[]> {
  const page = await Deno.readTextFile(`${root}/${path}`);
  const folder = `${cacheDir}/pages`;
  await Deno.mkdir(folder, { recursive: true });
  const problems: string[] = [];
  for (const { 1: code = "", index } of page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)) {
    const promised = promisedByExample(code);
    if (promised.length === 0) continue;
    const line = page.slice(0, index).split("\n").length;
    const file = `${folder}/${path.replaceAll("/", "_")}_${line}.ts`;
    await Deno.writeTextFile(file, code);
    const command = [
      Deno.execPath(),
      "run",
      "--quiet",
      "--no-check",
      "--allow-all",
      "--config",
      config,
      file,
    ];
    const { code: exitCode, output } = await run(command, { cwd: root });
    const missing = firstMissing(promised, output);
    if (exitCode !== 0) problems.push(`${path}:${line} failed:\n${output}`);
    else if (missing !== undefined) {
      problems.push(`${path}:${line}: expected it to print\n  ${missing}\ngot\n${output}`);
    }
  }
  return problems;
}

/** The first of the promised lines that does not come in its turn, however its spaces are broken. */
function firstMissing(promised: readonly string[], output: string): string | undefined {
  const printed = output.replace(/\s+/g, " ");
  let from = 0;
  return promised.find((line) => {
    const wanted = line.replace(/\s+/g, " ");
    const at = printed.indexOf(wanted, from);
    from = at + wanted.length;
    return at < 0;
  });
}
