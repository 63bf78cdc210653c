import { medianRatio, takeTurns } from "../_statistics.ts";
import { drizzleFind, kyselyFind, preparedDrizzleFind } from "./_peers.ts";
import { COLUMNS, inFlight, makeRows, type Setting, time } from "./_setting.ts";

const ROUNDS = 15;
const TURNS = 15;
const CALLS = 200; // of a turn
const IN_FLIGHT = 16;

/** The speed of `findById` as a multiple of that of each peer. */
export async function measureFindById({ raw, items }: Setting): Promise<Record<string, number>> {
  const rows = makeRows(10_000);
  await items.saveMany(rows);
  await raw.unsafe("ANALYZE items");
  const strings = [`select ${COLUMNS} from "items" where "id" = `, ""];
  const template: TemplateStringsArray = Object.assign(strings, { raw: strings });
  const finders = {
    glam: (id: string) => items.findById(id),
    raw: async (id: string) => (await raw(template, id))[0],
    kysely: kyselyFind(raw),
    drizzle: drizzleFind(raw),
    prepared: preparedDrizzleFind(raw),
  };
  const subject = (find: (id: string) => Promise<unknown>) => () =>
    time(() => inFlight(CALLS, IN_FLIGHT, (i) => find(rows[i * 7919 % rows.length]!.id)));
  const subjects = {
    glam: subject(finders.glam),
    raw: subject(finders.raw),
    kysely: subject(finders.kysely),
    drizzle: subject(finders.drizzle),
    prepared: subject(finders.prepared),
  };
  await takeTurns(2, subjects, TURNS);
  const { glam, ...peers } = await takeTurns(ROUNDS, subjects, TURNS);
  return Object.fromEntries(Object.entries(peers).map(([name, times]) => [name, medianRatio(times, glam)]));
}
