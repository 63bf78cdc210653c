import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import { runProcess } from "./_glam.ts";
import { newService } from "./_new_service.ts";

it("what glam new writes is formatted, lints, and has the right types, also with its guards", async () => {
  await using service = await newService("orders");
  const run = async (...args: string[]) => {
    const { code, out, errors } = await runProcess(Deno.execPath(), args, { cwd: service.folder });
    assert.equal(code, 0, `${args[0]}: ${out}${errors}`);
  };
  await run("fmt", "--check");
  await run("lint");

  const main = join(service.folder, "main.ts");
  const text = await readFile(main, "utf8");
  const [guards] = /^ +\/\/ guards: \{\n(?: +\/\/ .*\n)+? +\/\/ \},$/m.exec(text) ?? assert.fail(text);
  const uncommented = text.replaceAll(/^\/\/ (?=import )/gm, "")
    .replace(guards, guards.replaceAll(/^( +)\/\/ /gm, "$1"));
  for (const guard of ["authenticate", "idempotency", "rateLimit"]) {
    assert.match(uncommented, new RegExp(`^ +${guard}: ${guard}\\(`, "m"));
  }
  await writeFile(main, uncommented);
  await run("check", ".");
});
