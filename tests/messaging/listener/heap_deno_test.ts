import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import process from "node:process";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { connectNats, STREAM_CONFIGS } from "@glam/shared/messaging";
import { startNats } from "../../_support/nats_server.ts";
import { publishNumbers } from "../_processes.ts";

const TOTAL = Number(process.env["GLAM_HEAP_MESSAGES"] ?? 100_000); // 1000000 takes a minute
const MIB = 1024 * 1024;

it("a listener's heap stays where it is", async () => {
  await using server = await startNats({ accounts: false });
  await using bus = await connectNats({ servers: server.url });
  for (const config of STREAM_CONFIGS) await bus.ensureStream(config);
  await publishNumbers(bus, 1, TOTAL);
  const script = fileURLToPath(new URL("./_heap_child.ts", import.meta.url));
  const args = ["run", "--allow-all", "--no-check", "--quiet", "--v8-flags=--expose-gc"];
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...args,
    script,
    server.url,
    String(TOTAL),
  ]);
  const { before, after } = JSON.parse(stdout);
  const grown = (after - before) / MIB;
  console.log(
    `${TOTAL} messages: the heap grew by ${grown.toFixed(1)} MiB, from ${(before / MIB).toFixed(1)}`,
  );
  assert.ok(grown < 10, `the heap grew by ${grown.toFixed(1)} MiB`);
});
