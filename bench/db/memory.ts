import { makeRows, type Setting, time } from "./_setting.ts";

const STREAMED = 1_000_000;
const SAVED = 100_000;

/** The growth of the process in megabytes while it streams a million rows, and the duration. */
export async function measureStream({ db, items }: Setting): Promise<Record<string, number>> {
  await db.sql`
    insert into items (id, name, price, stock, note)
    select gen_random_uuid(), 'Item number ' || n, n % 1000 + 0.25, n % 100, 'A note' from generate_series(1, ${STREAMED}) as n`;
  await readSome(items, 250_000); // until the runtime has taken the heap that garbage of any kind needs
  let rows = 0;
  const { grown, ms } = await watchMemory(async (look) => {
    for await (const _ of items.stream()) if (++rows % 10_000 === 0) look();
  });
  if (rows !== STREAMED) throw new Error(`Expected ${STREAMED} rows, got ${rows}`);
  return { megabytes: grown, ms };
}

async function readSome(items: Setting["items"], count: number): Promise<void> {
  let rows = 0;
  for await (const _ of items.stream()) if (++rows === count) return;
}

/** The growth of the process in megabytes while it saves 100,000 rows that exist already, and the duration. */
export async function measureSaving({ db, items }: Setting): Promise<Record<string, number>> {
  await items.saveMany(makeRows(SAVED)); // until the runtime has taken the heap that garbage of any kind needs
  await db.sql`truncate items`;
  const rows = makeRows(SAVED);
  const { grown, ms } = await watchMemory(async (look) => {
    const timer = setInterval(look, 5);
    await items.saveMany(rows);
    clearInterval(timer);
  });
  return { megabytes: grown, ms };
}

/**
 * The peak memory of a process during the work, minus that before it. Garbage is collected before each measurement, because
 * uncollected garbage depends on the runtime more than on the work.
 */
async function watchMemory(
  work: (look: () => void) => Promise<void>,
): Promise<{ readonly grown: number; readonly ms: number }> {
  const { gc } = globalThis as { gc?(): void };
  if (gc === undefined) throw new Error("Run with --v8-flags=--expose-gc");
  const used = () => {
    gc();
    return Deno.memoryUsage().rss;
  };
  const before = used();
  let most = before;
  let looks = 0;
  const ms = await time(() =>
    work(() => {
      if (++looks % 10 === 0) most = Math.max(most, used());
    })
  );
  return { grown: (Math.max(most, used()) - before) / 2 ** 20, ms };
}
