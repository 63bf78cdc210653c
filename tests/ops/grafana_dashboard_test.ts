import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { grafanaDashboard, type GrafanaDashboardOptions } from "@glam/shared/ops";

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly fieldConfig?: { readonly defaults: { readonly unit: string } };
  readonly targets?: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly legendFormat: string;
    readonly datasource: { readonly uid: string };
  }[];
}

interface Variable {
  readonly name: string;
  readonly type: string;
  readonly datasource?: { readonly uid: string };
}

function panelsOf(options?: GrafanaDashboardOptions): Panel[] {
  return grafanaDashboard(options).panels as Panel[];
}

const graphs = panelsOf().filter(({ type }) => type !== "row");
const rows = panelsOf().filter(({ type }) => type === "row");
const expressions = graphs.flatMap(({ targets }) => targets!.map(({ expr }) => expr));

/** Units that Grafana knows. */
const UNITS = ["bytes", "ops", "percentunit", "reqps", "s", "short"];

describe("grafanaDashboard", () => {
  it("has a row for each part, and panels with title, description, unit and named series", () => {
    assert.deepEqual(rows.map(({ title }) => title).slice(0, 7), [
      "Requests",
      "Guards",
      "Events",
      "Outbox",
      "Schedules",
      "Database",
      "Calls of other services",
    ]);
    for (const { type, title, description, fieldConfig, targets } of graphs) {
      assert.ok(["timeseries", "stat"].includes(type), title);
      assert.ok(title !== "" && description !== undefined && description.endsWith("."), title);
      assert.ok(UNITS.includes(fieldConfig!.defaults.unit), title);
      assert.ok(targets!.length > 0 && targets!.every(({ legendFormat }) => legendFormat !== ""), title);
      assert.equal(new Set(targets!.map(({ refId }) => refId)).size, targets!.length, title);
    }
    assert.equal(new Set(graphs.map(({ title }) => title)).size, graphs.length);
  });

  it("gives each panel an id, and a place within the grid that no other has", () => {
    const panels = panelsOf();
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
    const taken = new Set<string>();
    for (const { title, gridPos: { x, y, w, h } } of panels) {
      assert.ok(x >= 0 && x + w <= 24, title);
      for (let column = x; column < x + w; column++) {
        for (let line = y; line < y + h; line++) {
          const cell = `${column},${line}`;
          assert.ok(!taken.has(cell), `${title} is on another panel at ${cell}`);
          taken.add(cell);
        }
      }
    }
  });

  it("takes data source, service and endpoint from variables, and has no fixed id", () => {
    const { uid, id, templating } = grafanaDashboard();
    assert.deepEqual([uid, id], [undefined, undefined]);
    const variables = templating.list as Variable[];
    assert.deepEqual(variables.map(({ name, type }) => [name, type]), [
      ["datasource", "datasource"],
      ["service", "query"],
      ["endpoint", "query"],
    ]);
    const sources = [
      ...graphs.flatMap((
        { datasource, targets },
      ) => [datasource!, ...targets!.map((each) => each.datasource)]),
      ...variables.flatMap(({ datasource }) => datasource ?? []),
    ];
    assert.ok(sources.every(({ uid }) => uid === "${datasource}"));
    const used = new Set(JSON.stringify(grafanaDashboard()).match(/\$(?!__)\{?\w+/g));
    assert.deepEqual([...used].sort(), ["$endpoint", "$service", "${datasource"]);
  });

  it("takes rates over the interval of the graph", () => {
    for (const expr of expressions) {
      assert.deepEqual(
        (expr.match(/\[[^\]]*\]/g) ?? []).filter((range) => range !== "[$__rate_interval]"),
        [],
      );
    }
    assert.ok(expressions.some((expr) => expr.includes("[$__rate_interval]")));
  });

  it("of one service selects that one, whatever its name, and asks for none", () => {
    const { title, templating } = grafanaDashboard({ service: 'a.b"c' });
    assert.equal(title, 'a.b"c');
    assert.deepEqual((templating.list as Variable[]).map(({ name }) => name), ["datasource", "endpoint"]);
    const text = JSON.stringify(
      panelsOf({ service: 'a.b"c' }).flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
    );
    assert.doesNotMatch(text, /\$service/);
    assert.ok(
      text.includes(JSON.stringify(String.raw`http_requests_in_progress{service="a.b\"c"}`).slice(1, -1)),
    );
  });

  it("gives title and uid where they are set, and refuses empty ones", () => {
    const { title, uid } = grafanaDashboard({ title: "Shop", uid: "shop" });
    assert.deepEqual([title, uid], ["Shop", "shop"]);
    for (const option of ["service", "title", "uid"]) {
      assert.throws(
        () => grafanaDashboard({ [option]: "" }),
        new TypeError(`Expected \`${option}\` to be a text, got ""`),
      );
    }
  });

  it("is JSON, the same each time", () => {
    assert.deepEqual(JSON.parse(JSON.stringify(grafanaDashboard())), grafanaDashboard());
  });
});
