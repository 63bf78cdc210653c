import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { wrk } from "../../bench/_load.ts";
import { run, runOrThrow } from "../../scripts/_run.ts";
import { bun, node, postgres, workerd } from "../../scripts/tools.ts";
import { fetchDebian } from "../_support/debian_package.ts";
import { missingLibraries } from "../_support/missing_libraries.ts";
import { natsBinary } from "../_support/nats_binary.ts";
import { promtool } from "../_support/promtool.ts";

const isLinux = Deno.build.os === "linux";
const skip = !isLinux && "only Linux has ldd, and Debian's packages";

/** The libraries that a program lacks which is started by a script of {@link fetchDebian}, with what that sets. */
async function lacking(script: string, program: string): Promise<string[]> {
  const text = await Deno.readTextFile(script);
  const folder = script.slice(0, script.indexOf("/bin/"));
  const path = /LD_LIBRARY_PATH="(.*)" exec/.exec(text)![1]!.replaceAll("$folder", folder);
  return await missingLibraries(`${folder}/${program}`, path);
}

describe("a program of one of Debian's packages", { skip }, () => {
  for (
    const program of [
      { name: "wrk", path: "usr/bin/wrk", version: "-v" },
      { name: "pgbouncer", path: "usr/sbin/pgbouncer", version: "--version" },
    ]
  ) {
    it(`comes with all that it links to, and starts: ${program.name}`, async () => {
      const parent = await Deno.makeTempDir();
      try {
        const script = await fetchDebian(program, `${parent}/tool`);
        assert.deepEqual(await lacking(script, program.path), []);
        const { output } = await run([script, program.version]);
        assert.match(output, new RegExp(`^${program.name}`, "i"));
        // Moved, as out of the place where it was made.
        await Deno.rename(`${parent}/tool`, `${parent}/moved`);
        const moved = await run([script.replace("/tool/", "/moved/"), program.version]);
        assert.equal(moved.output, output);
        assert.deepEqual(await Array.fromAsync(Deno.readDir(parent), ({ name }) => name), ["moved"]);
      } finally {
        await Deno.remove(parent, { recursive: true });
      }
    });
  }

  it("leaves nothing behind where it cannot be fetched", async () => {
    const parent = await Deno.makeTempDir();
    try {
      await assert.rejects(fetchDebian({ name: "wrk", path: "usr/bin/missing" }, `${parent}/tool`));
      assert.deepEqual(await Array.fromAsync(Deno.readDir(parent), ({ name }) => name), []);
    } finally {
      await Deno.remove(parent, { recursive: true });
    }
  });
});

describe("the tools that the suite brings", { skip }, () => {
  const found = { bun, node, workerd, postgres: async () => `${await postgres()}/postgres` };
  for (const [name, find] of Object.entries(found)) {
    it(`have all that they link to: ${name}`, async () => {
      const path = await find();
      const absolute = path.includes("/") ? path : (await runOrThrow(["which", path])).output.trim();
      assert.deepEqual(await missingLibraries(absolute), []);
    });
  }

  for (const [name, find] of Object.entries({ "nats-server": natsBinary, promtool, wrk })) {
    it(`start: ${name}`, async () => {
      const { output } = await run([await find(), "--version"]);
      assert.match(output, new RegExp(name.slice(0, 4)));
    });
  }
});
