import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Edge, moduleGraph } from "../../scripts/_graph.ts";
import { entryPoints, root } from "../../scripts/_project.ts";
import {
  areaCycles,
  climbingImports,
  moduleCycles,
  namedZodImports,
  roomCycles,
  staticDrivers,
  upwardImports,
} from "../_support/layers.ts";

const edges = await moduleGraph(entryPoints().map((entry) => entry.path));

describe("module graph", () => {
  test("is not empty", () => {
    assert.notEqual(edges.length, 0);
  });

  test("has imports that point down or sideways only", () => {
    assert.deepEqual(upwardImports(edges), []);
  });

  test("has no cycle between folders", () => {
    assert.deepEqual(areaCycles(edges), []);
  });

  test("has imports that point down or sideways within an area with rooms", () => {
    assert.deepEqual(climbingImports(edges), []);
  });

  test("has no cycle between rooms", () => {
    assert.deepEqual(roomCycles(edges), []);
  });

  test("has no cycle between modules, those of types included", () => {
    assert.deepEqual(moduleCycles(edges), []);
  });

  test("evaluates no driver when an entry point is imported", () => {
    assert.deepEqual(staticDrivers(edges), []);
  });

  test("imports zod as a namespace", async () => {
    const found: string[] = [];
    for (const path of new Set(edges.filter((edge) => edge.to === "npm:zod").map((edge) => edge.from))) {
      const source = await Deno.readTextFile(`${root}/${path}`);
      found.push(...namedZodImports(source).map((statement) => `${path}: ${statement}`));
    }
    assert.deepEqual(found, []);
  });
});

describe("the checker", () => {
  const edge = (from: string, to: string, kind: Edge["kind"] = "static"): Edge => ({ from, to, kind });

  test("accepts imports that point down, sideways and to packages", () => {
    const fine = [
      edge("mod.ts", "api/mod.ts"),
      edge("api/mod.ts", "metrics/mod.ts"),
      edge("metrics/mod.ts", "logging/mod.ts"),
      edge("logging/mod.ts", "internal/clock.ts"),
      edge("api/mod.ts", "npm:hono"),
      edge("db/mod.ts", "db/table/mixins.ts"),
      edge("messaging/listener/a.ts", "messaging/inbox/b.ts", "type"),
      edge("messaging/nats/a.ts", "messaging/memory/b.ts"),
    ];
    const rules = [upwardImports, areaCycles, climbingImports, roomCycles, moduleCycles, staticDrivers];
    assert.deepEqual(rules.map((rule) => rule(fine)), rules.map(() => []));
  });

  test("names an upward import, also of a type", () => {
    assert.deepEqual(upwardImports([edge("errors/a.ts", "api/b.ts", "type")]), [
      "errors/a.ts -> api/b.ts: errors is below api",
    ]);
  });

  test("names an import of a folder that has no layer", () => {
    assert.deepEqual(upwardImports([edge("api/a.ts", "tests/b.ts")]), [
      "api/a.ts -> tests/b.ts: the target is in no layer",
    ]);
  });

  test("names the edges of a cycle between folders", () => {
    const cycle = [edge("errors/a.ts", "context/b.ts"), edge("context/c.ts", "errors/d.ts", "type")];
    assert.deepEqual(areaCycles(cycle), [
      "context -> errors -> context (context/c.ts -> errors/d.ts, errors/a.ts -> context/b.ts)",
    ]);
  });

  test("names an import that climbs a floor, and a file that is on none", () => {
    assert.deepEqual(
      climbingImports([
        edge("messaging/bus/a.ts", "messaging/nats/b.ts", "type"),
        edge("db/options.ts", "db/table/b.ts"),
        edge("db/mod.ts", "db/_new.ts"),
      ]),
      [
        "messaging/bus/a.ts -> messaging/nats/b.ts: bus is below nats",
        "db/options.ts -> db/table/b.ts: options.ts is below table",
        "db/_new.ts is on no floor of db: move it to a room, or name it in `floors` of tests/_support/layers.ts",
      ],
    );
  });

  test("names a cycle between rooms of one floor", () => {
    const cycle = [
      edge("messaging/nats/a.ts", "messaging/memory/b.ts"),
      edge("messaging/memory/c.ts", "messaging/nats/d.ts", "type"),
    ];
    assert.deepEqual(roomCycles(cycle), ["messaging: memory -> nats -> memory"]);
  });

  test("names a cycle between modules", () => {
    const cycle = [
      edge("api/a.ts", "api/b.ts"),
      edge("api/b.ts", "api/c.ts", "dynamic"),
      edge("api/c.ts", "api/a.ts", "type"),
    ];
    assert.deepEqual(moduleCycles(cycle), ["api/a.ts -> api/b.ts -> api/c.ts -> api/a.ts"]);
  });

  test("names a static import of a driver", () => {
    assert.deepEqual(
      staticDrivers([
        edge("metrics/a.ts", "npm:prom-client"),
        edge("metrics/b.ts", "npm:prom-client", "dynamic"),
        edge("metrics/c.ts", "npm:prom-client", "type"),
      ]),
      ["metrics/a.ts -> npm:prom-client: import it dynamically"],
    );
  });

  test("names an import of zod that is not a namespace", () => {
    const source = `/** import { z } from "zod"; */
import * as z from "zod";
import type { ZodType } from "zod";
import {
  string,
} from "zod";
export { z } from "zod";`;
    assert.deepEqual(namedZodImports(source), [
      `import {\n  string,\n} from "zod"`,
      `export { z } from "zod"`,
    ]);
  });
});
