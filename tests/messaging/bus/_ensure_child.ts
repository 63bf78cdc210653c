// A process that ensures the streams when its standard input says so, for tests of several that do so at once.
import { writeSync } from "node:fs";
import process from "node:process";
import { connectNats, ensureStreams } from "@glam/shared/messaging";

const bus = await connectNats(JSON.parse(process.argv.at(-1)!));
writeSync(1, "ready\n");
await new Promise((resolve) => process.stdin.once("data", resolve));
writeSync(1, `${JSON.stringify(await ensureStreams(bus))}\n`);
await bus.close();
process.exit(0);
