import assert from "node:assert/strict";
import { test } from "node:test";
import { cacheDir, root } from "../../scripts/_project.ts";
import { startChild } from "../_support/child_process.ts";

const PROGRAM = `
  import { claimRunFolder, runFolder } from "${root}/scripts/_run_folder.ts";
  const claimed = await claimRunFolder();
  await Deno.writeTextFile(runFolder() + "/mine", "");
  const child = new Deno.Command(Deno.execPath(), { args: ["eval", "console.log(Deno.env.get('GLAM_RUN_FOLDER'))"] });
  console.log(runFolder(), new TextDecoder().decode((await child.output()).stdout).trim());
  await new Response(Deno.stdin.readable).text();
  await claimed[Symbol.asyncDispose]();
`;

/** Starts a run that holds its folder until its standard input ends. */
async function startRun() {
  const env = { ...Deno.env.toObject() };
  delete env["GLAM_RUN_FOLDER"];
  const child = startChild(Deno.execPath(), ["eval", PROGRAM], { env, isInteractive: true });
  await child.reaches(() => child.out().includes("\n"), "it has its folder");
  const [folder = "", ofChild] = child.out().trim().split(" ");
  assert.equal(ofChild, folder, "child processes know it");
  return { folder, child };
}

const exists = async (path: string) => await Deno.stat(path).then(() => true, () => false);

test("two runs at once have a folder each, and leave none behind", async () => {
  const one = await startRun();
  await using first = one.child;
  const other = await startRun();
  await using second = other.child;
  assert.notEqual(one.folder, other.folder);
  assert.ok(await exists(`${one.folder}/mine`), "the second run leaves the folder of the first alone");
  for (const { child, folder } of [one, other]) {
    child.input.end();
    assert.equal((await child.ended()).code, 0);
    assert.ok(!await exists(folder));
  }
  void [first, second];
});

test("a run removes the folders of runs that were killed", async () => {
  const killed = await startRun();
  await killed.child[Symbol.asyncDispose](); // kills it
  assert.ok(await exists(killed.folder));
  const abandoned = `${cacheDir}/runs/not-a-run`;
  await Deno.mkdir(abandoned, { recursive: true });
  const { child } = await startRun();
  await using _ = child;
  assert.ok(!await exists(killed.folder));
  assert.ok(!await exists(abandoned));
});
