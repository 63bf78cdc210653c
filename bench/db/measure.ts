/**
 * Runs one measurement of the database area in a process of its own, and prints its numbers as JSON:
 *
 *     deno run -A --v8-flags=--expose-gc bench/db/measure.ts <name> <url of a Postgres>
 *
 * @module
 */
import { measureFindById } from "./find_by_id.ts";
import { measureIdempotency } from "./idempotency.ts";
import { measureSaving, measureStream } from "./memory.ts";
import { measurePages } from "./pages.ts";
import { measureSaveMany } from "./save_many.ts";
import { openSetting, type Setting } from "./_setting.ts";
import { measureTransaction } from "./transaction.ts";

const measurements: Readonly<Record<string, (setting: Setting) => Promise<Record<string, number>>>> = {
  findById: measureFindById,
  idempotency: measureIdempotency,
  pages: measurePages,
  saveMany: measureSaveMany,
  saving: measureSaving,
  stream: measureStream,
  transaction: measureTransaction,
};

const [name = "", url = ""] = Deno.args;
const measure = measurements[name];
if (measure === undefined) {
  throw new Error(`No measurement "${name}"; there are ${Object.keys(measurements).join(", ")}`);
}
await using setting = await openSetting(url);
console.log(JSON.stringify(await measure(setting)));
