import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { text } from "node:stream/consumers";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { PATIENCE_MS } from "../_support/wait_for.ts";

it("a header of 64 KiB, whatever is in it, is read in linear time", async () => {
  const script = fileURLToPath(new URL("./_long_headers_child.ts", import.meta.url));
  const args = "Deno" in globalThis ? ["run", "--allow-all", "--quiet", script] : [script];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  // An expression that goes back over and over takes hours for one header.
  const kill = () => void child.kill("SIGKILL");
  let patience = setTimeout(kill, PATIENCE_MS);
  let at = "";
  child.stderr.setEncoding("utf8").on("data", (lines: string) => {
    clearTimeout(patience);
    patience = setTimeout(kill, PATIENCE_MS);
    at = (at + lines).slice(-2000);
  });
  const [output, [code, signal]] = await Promise.all([text(child.stdout), once(child, "close")]);
  clearTimeout(patience);
  assert.equal(code ?? signal, 0, `the program was at: ${at}`);
  assert.deepEqual(JSON.parse(output), []);
});
