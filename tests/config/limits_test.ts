import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { deepMerge, flattenConfig } from "@glam/shared/config";
import * as z from "zod";
import { failure, load, problems } from "./_support.ts";

const anything = z.looseObject({
  map: z.record(z.string(), z.any()).optional(),
  list: z.array(z.any()).optional(),
});

describe("a configuration that would blow up", () => {
  test("is refused for variables of .env that grow by each other", async () => {
    const lines = ["X0=aaaaaaaaaa"];
    for (let i = 1; i < 30; i++) lines.push(`X${i}=${`\${X${i - 1}}`.repeat(10)}`);
    const [problem, ...rest] = await problems({ ".env": [...lines, "CATALOG_A=${X29}"].join("\n") }, {
      schema: anything,
    });
    assert.match(problem!, /^ \| \.env:6 \| \$\{\.\.\.\} make the values grow beyond 1048576 characters$/);
    assert.deepEqual(rest, []);
  });

  test("is refused for variables of .env of which each is small, and all are large", async () => {
    const lines = [`X=${"a".repeat(1000)}`];
    for (let i = 0; i < 1100; i++) lines.push(`Y${i}=\${X}`);
    assert.match(
      (await problems({ ".env": lines.join("\n") }, { schema: anything })).join(),
      /\.env:\d+ \| .*grow/,
    );
  });

  test("expands what is long, and not too long", async () => {
    const files = { ".env": `X=${"a".repeat(100_000)}\nCATALOG_A=\${X}\${X}` };
    assert.equal(String((await load(files, { schema: anything }))["a"]).length, 200_000);
  });

  for (const depth of [101, 20_000]) {
    test(`is refused for JSON in a variable that is nested ${depth} deep`, async () => {
      const list = "[".repeat(depth) + "]".repeat(depth);
      for (
        const env of [{ CATALOG_MAP: `{"a":${list}}` }, { CATALOG_LIST: list }, {
          CATALOG_MAP__A: `{"b":${list}}`,
        }]
      ) {
        const [name] = Object.keys(env);
        const path = name!.slice(8).toLowerCase().replace("__", ".");
        assert.deepEqual(await problems({}, { schema: anything, env }), [
          `${path} | ${name} | it is nested more than 100 deep`,
        ]);
      }
      assert.match(
        (await problems({}, {
          schema: z.object({ a: z.union([z.array(z.any()), z.int()]) }),
          env: { CATALOG_A: list },
        }))
          .join(),
        /^a \| CATALOG_A \| /,
      );
    });
  }

  test("takes JSON that is nested as deep as is allowed, and brackets in texts", async () => {
    const list = "[".repeat(90) + "]".repeat(90);
    const env = { CATALOG_LIST: list, CATALOG_MAP: JSON.stringify({ text: "[".repeat(500) + '"' }) };
    const config = await load({}, { schema: anything, env });
    assert.deepEqual(config.list, JSON.parse(list));
    assert.deepEqual(config.map, { text: "[".repeat(500) + '"' });
  });

  test("is refused for an object of `env` that contains itself, or is nested too deep", async () => {
    const own: Record<string, unknown> = {};
    own["own"] = own;
    let deep: unknown = 1;
    for (let i = 0; i < 20_000; i++) deep = [deep];
    assert.deepEqual(
      await problems({}, { schema: anything, env: { CATALOG_MAP: own, CATALOG_LIST: deep } }),
      [
        "map | CATALOG_MAP | an alias contains itself",
        "list | CATALOG_LIST | it is nested more than 100 deep",
      ],
    );
  });

  test("is refused for a variable whose name goes too deep", async () => {
    const name = `CATALOG_MAP${"__A".repeat(20_000)}`;
    assert.match(
      (await problems({}, { schema: anything, env: { [name]: "x" } })).join(),
      /nested more than 100 deep$/,
    );
  });

  test("is refused for a file without an end", async () => {
    const { message } = await failure({}, { schema: anything, env: { CATALOG_A_FILE: "/dev/zero" } });
    assert.match(message, /CATALOG_A_FILE\): it has more than 10485760 bytes/);
  });
});

test("maps that contain themselves are an error of deepMerge and flattenConfig that says so", () => {
  const own: Record<string, unknown> = {};
  own["own"] = own;
  const expected = { name: "RangeError", message: /nested at most 1000 deep/ };
  assert.throws(() => deepMerge({}, own), expected);
  assert.throws(() => flattenConfig(own), expected);
});
