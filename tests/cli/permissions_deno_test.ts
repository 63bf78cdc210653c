/** Runs `glam` with the permissions that docs/cli.md names. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { it } from "node:test";
import { root } from "../../scripts/_project.ts";
import { runProcess } from "./_glam.ts";

const page = await readFile(`${root}/docs/cli.md`, "utf8");

async function glamWith(flags: readonly string[], args: readonly string[], cwd: string): Promise<string> {
  const command = ["run", "--no-prompt", "--quiet", "--no-check", ...flags, `${root}/cli/mod.ts`, ...args];
  const { code, out, errors } = await runProcess(Deno.execPath(), command, { cwd });
  assert.equal(code, 0, out + errors);
  return out;
}

function flagsOf(command: RegExp): string[] {
  const [line] = command.exec(page) ?? assert.fail(`docs/cli.md has no line like ${command}`);
  return line.split(" ").filter((word) => word.startsWith("--allow-"));
}

it("glam --help, new, and what reads and writes files need what the page says", async () => {
  const cwd = await mkdtemp(`${tmpdir()}/glam-permissions-`);
  try {
    assert.match(await glamWith(flagsOf(/^deno run .*--help/m), ["--help"], cwd), /^Usage: glam/);
    const ofNew = flagsOf(/^deno run .*new orders$/m);
    assert.match(await glamWith(ofNew, ["new", "orders"], cwd), /^Wrote \d+ files to orders/);
    const folder = `${cwd}/orders`;
    assert.match(await glamWith(ofNew, ["migrate", "create", "x"], folder), /^Wrote migrations\/0003_x\.sql/);
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
});
