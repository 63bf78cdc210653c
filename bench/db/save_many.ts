import { medianRatio, takeTurns } from "../_statistics.ts";
import { makeRows, type NewItem, type Setting, time } from "./_setting.ts";

const ROUNDS = 11;
const ROWS = 10_000;

/** The speed of `saveMany` as a multiple of that of a hand-written `insert ... select from unnest`. */
export async function measureSaveMany({ raw, items }: Setting): Promise<Record<string, number>> {
  const measure = (save: (rows: readonly NewItem[]) => Promise<unknown>) => async () => {
    await raw`truncate items`;
    const rows = makeRows(ROWS);
    return await time(() => save(rows));
  };
  const subjects = {
    glam: measure((rows) => items.saveMany(rows)),
    byHand: measure((rows) => insertByHand(raw, rows)),
  };
  await takeTurns(2, subjects);
  const { glam, byHand } = await takeTurns(ROUNDS, subjects);
  return { byHand: medianRatio(byHand, glam) };
}

/** As the manual of the driver has it: one array for each column, and nothing is checked. */
async function insertByHand(raw: Setting["raw"], rows: readonly NewItem[]): Promise<void> {
  await raw`
    insert into items (id, name, price, stock, note)
    select * from unnest(
      ${raw.array(rows.map(({ id }) => id))}::uuid[],
      ${raw.array(rows.map(({ name }) => name))}::text[],
      ${raw.array(rows.map(({ price }) => price))}::numeric[],
      ${raw.array(rows.map(({ stock }) => stock))}::int[],
      ${raw.array(rows.map(({ note }) => note))}::text[]
    )`;
}
