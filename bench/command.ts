import { copyFolder, createConsumer } from "../scripts/_consumer.ts";
import { root } from "../scripts/_project.ts";
import { runOrThrow } from "../scripts/_run.ts";
import { bun, node } from "../scripts/tools.ts";
import { median } from "./_statistics.ts";
import { atMost, type Row } from "./_table.ts";

const ROUNDS = 21;

/** The wall time of the process `glam --help`. */
export async function commandRows(): Promise<Row[]> {
  const folder = await createConsumer("bench");
  await copyFolder(`${root}/bench`, `${folder}/bench`);
  const packed = "node_modules/@glam/shared/cli/mod.js";
  const peer = `the whole process, median of ${ROUNDS}`;
  const commands = {
    Deno: [[Deno.execPath(), "run", "-A", "--no-check", "cli/mod.ts"], root],
    Bun: [[await bun(), packed], folder],
    Node: [[await node(), packed], folder],
  } as const;
  const rows: Row[] = [];
  for (const [name, [command, cwd]] of Object.entries(commands)) {
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      times.push((await runOrThrow([...command, "--help"], { cwd })).seconds * 1000);
    }
    rows.push(atMost(`glam --help, ${name}`, peer, median(times), 150, "ms"));
  }
  return rows;
}
