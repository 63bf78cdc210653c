import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import process from "node:process";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Read once and forward, all of them take a few seconds; an expression that goes back takes hours. */
const FOR_EVER_MS = 25_000;

it("a header of 64 KiB, whatever is in it, is read in linear time", async () => {
  const child = fileURLToPath(new URL("./_long_headers_child.ts", import.meta.url));
  const args = "Deno" in globalThis ? ["run", "--allow-all", "--quiet", child] : [child];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    timeout: FOR_EVER_MS,
    killSignal: "SIGKILL",
  });
  assert.equal(stdout, "done\n");
});
