import { devConfig, root } from "../scripts/_project.ts";
import { runOrThrow } from "../scripts/_run.ts";
import { startPostgres } from "../tests/_support/postgres_server.ts";
import { atLeast, atMost, known, type Row } from "./_table.ts";

/** The data layer against others, on the same pool and server. */
export async function dbRows(): Promise<Row[]> {
  await using server = await startPostgres();
  const measure = async (name: string): Promise<Record<string, number>> => {
    console.error(`  ${name}`);
    const script = ["--v8-flags=--expose-gc", "bench/db/measure.ts", name, server.url];
    const command = [Deno.execPath(), "run", "-A", "--no-check", "--config", devConfig, ...script];
    const { output } = await runOrThrow(command, { cwd: root });
    return JSON.parse(output.trim().split("\n").at(-1)!);
  };
  const find = await measure("findById");
  const saveMany = await measure("saveMany");
  const transaction = await measure("transaction");
  const keyed = await measure("idempotency");
  const pages = await measure("pages");
  const stream = await measure("stream");
  const saving = await measure("saving");
  const page10000 = "page 10,000 of 1,000,000 rows";
  const times = (value: number) => `${value.toFixed(2)} times`;
  return [
    atLeast("findById, 16 in flight", "postgres.js, the same SQL", find["raw"]!, 0.95),
    atLeast("findById, 16 in flight", "Kysely", find["kysely"]!, 2),
    atLeast("findById, 16 in flight", "Drizzle, unprepared", find["drizzle"]!, 2.5),
    atLeast("findById, 16 in flight", "Drizzle, prepared", find["prepared"]!, 0.9),
    atLeast("saveMany, 10,000 rows", "a hand-written unnest", saveMany["byHand"]!, 1),
    atLeast("transaction, one insert, 8 at once", "postgres.js begin", transaction["raw"]!, 0.9),
    atLeast(
      "a request with a key, 8 at once",
      "begin, lock, read, two inserts by hand",
      keyed["known"]!,
      0.85,
    ),
    known("the same", "without the read: it could not replay", times(keyed["byHand"]!)),
    atMost(`findAfter, ${page10000}`, "page 1", pages["key"]!, 1.1, "times"),
    atMost("the same by a nullable column", "page 1", pages["nullable"]!, 1.1, "times"),
    atMost("the same in mixed directions", "page 1", pages["mixed"]!, 1.1, "times"),
    known("page 2 in mixed directions", "page 1", times(pages["mixed second"]!)),
    atMost("streaming 1,000,000 rows", "RSS before, warm", stream["megabytes"]!, 50, "MB"),
    atMost("saving 100,000 rows", "RSS before, warm", saving["megabytes"]!, 30, "MB"),
  ];
}
