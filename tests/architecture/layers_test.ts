import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Edge, moduleGraph } from "../../scripts/_graph.ts";
import { entryPoints, root } from "../../scripts/_project.ts";
import {
  areaCycles,
  moduleCycles,
  namedZodImports,
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

  test("has no cycle between modules", () => {
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
      edge("context/a.ts", "context/b.ts", "type"),
      edge("context/b.ts", "context/a.ts"),
    ];
    assert.deepEqual([upwardImports(fine), areaCycles(fine), moduleCycles(fine), staticDrivers(fine)], [
      [],
      [],
      [],
      [],
    ]);
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

  test("names a cycle between modules", () => {
    const cycle = [
      edge("api/a.ts", "api/b.ts"),
      edge("api/b.ts", "api/c.ts", "dynamic"),
      edge("api/c.ts", "api/a.ts"),
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
