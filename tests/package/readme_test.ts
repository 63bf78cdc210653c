/** The ten lines of the README, served on each runtime by the command that it names. */
import assert from "node:assert/strict";
import process from "node:process";
import { before, describe, test } from "node:test";
import { createConsumer, createDenoConsumer } from "../../scripts/_consumer.ts";
import { root } from "../../scripts/_project.ts";
import { bun, node } from "../../scripts/tools.ts";
import { startChild } from "../_support/child_process.ts";
import { freePort } from "../_support/free_port.ts";

describe("the ten lines of the README", () => {
  let npm: string;
  let jsr: string;
  const { program, onNode, answers } = readSection(Deno.readTextFileSync(`${root}/README.md`));
  before(async () => {
    [npm, jsr] = await Promise.all([createConsumer("readme"), createDenoConsumer("readme-jsr")]);
    for (const folder of [npm, jsr]) await Deno.writeTextFile(`${folder}/main.ts`, program);
  });

  test("serve with deno serve, which needs no permission", async () => {
    const port = await freePort();
    await serves([Deno.execPath(), "serve", "--no-prompt", `--port=${port}`, "main.ts"], jsr, port);
  });

  test("serve with bun", async () => {
    const port = await freePort();
    await serves([await bun(), "main.ts"], npm, port, { PORT: String(port) });
  });

  test("serve with node and the two lines for it", async () => {
    const port = await freePort();
    await Deno.writeTextFile(`${npm}/node.ts`, `${program}\n${onNode.replace("3000", String(port))}`);
    await serves([await node(), "node.ts"], npm, port);
  });

  async function serves(
    [program, ...args]: readonly string[],
    cwd: string,
    port: number,
    env: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    await using running = startChild(program!, args, { cwd, env: { ...process.env, ...env } });
    const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
    const found = await running.reaches(() => get("/items/7").catch(() => undefined), "it listens");
    const missing = await get("/items/8");
    assert.deepEqual([found!.status, missing.status], [200, 404]);
    for (const [index, response] of [found!, missing].entries()) {
      const { meta, ...body } = await response.json();
      const { meta: shownMeta, ...shown } = answers[index] as { meta: object };
      assert.deepEqual(body, shown);
      assert.deepEqual(Object.keys(meta), Object.keys(shownMeta));
    }
  }
});

/** The blocks of the section, in their order. */
function readSection(page: string) {
  const section = page.split(/^## /m).find((text) => text.startsWith("Ten lines"))!;
  const blocks = [...section.matchAll(/^```(\w+).*\n([\s\S]*?)^```$/gm)];
  const of = (language: string) => blocks.filter((block) => block[1] === language).map((block) => block[2]!);
  const [program, onNode] = of("ts");
  return { program: program!, onNode: onNode!, answers: of("json").map((text) => JSON.parse(text)) };
}
