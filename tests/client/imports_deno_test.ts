import assert from "node:assert/strict";
import { it } from "node:test";
import { moduleGraph } from "../../scripts/_graph.ts";

it("importing the client loads Zod and no other package; cockatiel comes with the first call of a breaker", async () => {
  const edges = (await moduleGraph(["client/mod.ts"])).filter(({ to }) => to.startsWith("npm:"));
  const loaded = (
    kind: string,
  ) => [...new Set(edges.filter((edge) => edge.kind === kind).map(({ to }) => to))];
  assert.deepEqual(loaded("static"), ["npm:zod"]);
  assert.ok(loaded("dynamic").includes("npm:cockatiel"));
  assert.deepEqual(edges.filter(({ to, kind }) => /^npm:(@hono\/|hono)/.test(to) && kind !== "type"), []);
});
