// What Grafana's own types say of the dashboard, at the versions that it is for. Deno only: it starts a compiler.
import assert from "node:assert/strict";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { grafanaDashboard } from "@glam/shared/ops";
import { run } from "../../scripts/_run.ts";
import { node, tools } from "../../scripts/tools.ts";

interface Panel {
  readonly type: string;
  readonly options?: { readonly legend?: object; readonly reduceOptions?: object };
}

/** As JSON has it: the texts of string enums. */
const WIRE =
  `type Wire<T> = T extends string ? \`\${T}\` : T extends readonly (infer Item)[] ? readonly Wire<Item>[]
  : T extends object ? { [Key in keyof T]: Wire<T[Key]> } : T;`;

/** What the compiler says against a dashboard. */
async function compile(schema: string, dashboard: object): Promise<string> {
  const panels = (dashboard as { readonly panels: readonly Panel[] }).panels;
  const legends = panels.flatMap(({ options }) => options?.legend ?? []);
  const reduced = panels.flatMap(({ options }) => options?.reduceOptions ?? []);
  const source = `import type { Dashboard, ReduceDataOptions, VizLegendOptions } from "${schema}";
${WIRE}
export const dashboard: Wire<Dashboard> = ${JSON.stringify(dashboard)};
export const legends: Wire<VizLegendOptions>[] = ${JSON.stringify(legends)};
export const reduced: Wire<ReduceDataOptions>[] = ${JSON.stringify(reduced)};
`;
  const folder = await mkdtemp(join(tmpdir(), "glam-grafana-"));
  try {
    await symlink(await tools("grafana"), join(folder, "node_modules"));
    await writeFile(join(folder, "dashboard.ts"), source);
    const flags =
      "--noEmit --strict --skipLibCheck --module preserve --moduleResolution bundler --pretty false";
    const { code, output } = await run(
      [
        await node(),
        `${await tools("package")}/typescript/bin/tsc`,
        ...flags.split(" "),
        "--types",
        "",
        "dashboard.ts",
      ],
      { cwd: folder },
    );
    return code === 0 ? "" : output;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe("the dashboard", () => {
  for (
    const [version, schema] of [["11", "schema-11"], ["12", "schema-12"], ["13", "@grafana/schema"]] as const
  ) {
    it(`is one of Grafana ${version}`, async () => {
      assert.equal(await compile(schema, grafanaDashboard()), "");
      assert.equal(await compile(schema, grafanaDashboard({ service: "catalog", uid: "catalog" })), "");
    });
  }

  it("is judged by types that notice what is wrong", async () => {
    const { panels, ...dashboard } = grafanaDashboard();
    assert.match(await compile("schema-12", { ...dashboard, panels, graphToolTip: 1 }), /graphToolTip/);
    const [first, ...others] = panels;
    const wrong = { ...first, gridPos: { x: 0, y: 0, w: "24", h: 1 } };
    assert.match(await compile("schema-12", { ...dashboard, panels: [wrong, ...others] }), /error TS2322/);
  });
});
