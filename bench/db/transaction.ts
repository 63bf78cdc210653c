import { medianRatio, takeTurns } from "../_statistics.ts";
import { inFlight, type Setting, time } from "./_setting.ts";

const ROUNDS = 15;
const CALLS = 1000;
const IN_FLIGHT = 8;

/** The speed of a transaction with one insert as a multiple of that of the driver's `begin`. */
export async function measureTransaction({ db, raw }: Setting): Promise<Record<string, number>> {
  const insert = (i: number) =>
    [crypto.randomUUID(), `Item ${i}`, "1.25", i] as const satisfies readonly unknown[];
  const subjects = {
    glam: () =>
      time(() =>
        inFlight(CALLS, IN_FLIGHT, (i) =>
          db.transaction(async (tx) => {
            const [id, name, price, stock] = insert(i);
            await tx`insert into items (id, name, price, stock) values (${id}, ${name}, ${price}, ${stock})`;
          }))
      ),
    raw: () =>
      time(() =>
        inFlight(CALLS, IN_FLIGHT, (i) =>
          raw.begin(async (tx) => {
            const [id, name, price, stock] = insert(i);
            await tx`insert into items (id, name, price, stock) values (${id}, ${name}, ${price}, ${stock})`;
          }))
      ),
  };
  await takeTurns(2, subjects);
  const times = await takeTurns(ROUNDS, subjects);
  return { raw: medianRatio(times.raw, times.glam) };
}
