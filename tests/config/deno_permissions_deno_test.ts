import assert from "node:assert/strict";
import { test } from "node:test";
import { root } from "../../scripts/_project.ts";
import { run } from "../../scripts/_run.ts";
import { createProject, type Project } from "./_support.ts";

const SCRIPT = `
import { loadConfig } from "${root}/config/mod.ts";
import * as z from "zod";
const schema = z.object({ a: z.string().default("default") });
const env = Deno.args[0] === "env" ? undefined : {};
try {
  console.log(JSON.stringify(await loadConfig({ service: "catalog", schema, env, root: Deno.cwd() })));
} catch (error) {
  console.log(error.name, JSON.stringify(error.problems));
}
`;

test("without --allow-read the files are a problem that says so", async () => {
  await using project = await createScript();
  const output = await runScript(project, [`--allow-read=${project.root}/script.ts`]);
  assert.match(output, /^ConfigError /);
  assert.match(
    output,
    /config\/services\/catalog\.yml","message":"it may not be read; run Deno with --allow-read"/,
  );
});

test("without --allow-env the environment is a problem that says so, unless it is given", async () => {
  await using project = await createScript();
  const read = `--allow-read=${project.root},${root}`;
  const refused = await runScript(project, [read], "env");
  assert.match(refused, /the environment.*run Deno with --allow-env, or give `env`/);
  assert.match(refused, /catalog\.yml","message":"`yaml` may not read LOG_TOKENS and LOG_STREAM/);
  assert.equal(await runScript(project, [read, "--allow-env=LOG_TOKENS,LOG_STREAM"]), '{"a":"file"}');
  assert.equal(await runScript(project, [read, "--allow-env"], "env"), '{"a":"file"}');
});

test("an import map may put a package with no more than `parse` in the place of `yaml`", async () => {
  await using project = await createScript();
  await project.write(
    "std_yaml.ts",
    "export const parse = (text: string): unknown => ({ a: `swapped ${text}` });",
  );
  const output = await runScript(project, [`--allow-read`], undefined, `${project.root}/std_yaml.ts`);
  assert.equal(output, '{"a":"swapped a: file"}');
});

async function createScript(): Promise<Project> {
  return await createProject({ "catalog.yml": "a: file", "script.ts": SCRIPT });
}

async function runScript(
  project: Project,
  permissions: readonly string[],
  argument?: string,
  yaml?: string,
): Promise<string> {
  const { imports, compilerOptions } = JSON.parse(await Deno.readTextFile(`${root}/deno.json`));
  const config = {
    compilerOptions,
    lock: false,
    imports: yaml === undefined ? imports : { ...imports, yaml },
  };
  await project.write("deno.json", JSON.stringify(config));
  const script = `${project.root}/script.ts`;
  const args = [
    "run",
    "--quiet",
    "--no-check",
    "--no-prompt",
    "--config",
    `${project.root}/deno.json`,
    ...permissions,
  ];
  const { output } = await run([
    Deno.execPath(),
    ...args,
    script,
    ...argument === undefined ? [] : [argument],
  ], {
    cwd: project.root,
    env: { CATALOG_A: "" },
  });
  return output.trim();
}
