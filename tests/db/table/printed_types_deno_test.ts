import assert from "node:assert/strict";
import { it } from "node:test";
import { devConfig } from "../../../scripts/_project.ts";

const PROGRAM = `import { type Database, defineTable, Repository, timestamps } from "@glam/shared/db";
import * as z from "zod";
const Items = defineTable("items", {
  columns: z.object({ id: z.uuid(), name: z.string(), views: z.bigint().optional() }),
  defaults: { views: "0" },
  ...timestamps,
});
declare const db: Database;
const items = new Repository(db, Items);
const row: number = await items.findById("x");
const rows: number = await items.findAll();
await items.save({ id: "x", nam: "b" });
await items.update("x", { nam: "b" });
await items.findAll({ nam: "b" });
console.log(row, rows);
`;

it("the errors of a compiler show the columns of a row, and not the definition of its table", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/main.ts`, PROGRAM);
    const args = ["check", "--config", devConfig, `${folder}/main.ts`];
    const { stderr } = await new Deno.Command(Deno.execPath(), { args, env: { NO_COLOR: "1" } }).output();
    const printed = new TextDecoder().decode(stderr);
    // The compiler prints the columns in an order of its own.
    const shown = [...printed.matchAll(/(?:type|Type) '([^']*)'/g)].map(([, type]) =>
      type!.replace(/\{ (.*); \}/, (_, columns: string) => `{ ${columns.split("; ").sort().join("; ")}; }`)
    );
    const row = "{ created_at: Date; id: string; name: string; updated_at: Date; views: bigint | null; }";
    for (
      const type of [
        `${row} | null`,
        `${row}[]`,
        "{ readonly id: string; readonly name: string; readonly views?: bigint | null | undefined; }",
        "{ readonly name?: string | undefined; readonly views?: bigint | null | undefined; }",
        `Filter<${row}>`,
      ]
    ) {
      assert.ok(shown.includes(type), `${type}\n${printed}`);
    }
    assert.doesNotMatch(printed, /Defined(Row|Insert|Patch)</);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
