import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as z from "zod";
import { parserLikeStd } from "./_std_yaml.ts";
import { failure, load, problems } from "./_support.ts";

const SOURCE = "config/services/catalog.yml";
const schema = z.looseObject({});

describe("a parser such as that of @std/yaml", () => {
  test("reads the files", async () => {
    const parseYaml = parserLikeStd("with line");
    assert.deepEqual(
      await load({ "catalog.yml": "a: &a [1, x]\nb: *a\n" }, { schema, parseYaml }),
      { a: [1, "x"], b: [1, "x"] },
    );
  });

  const BROKEN: Record<string, [line: number, rule: string]> = {
    "a: 1\npassword: 'hunter2\n": [2, "unexpected end of the stream within a single quoted scalar"],
    'a: 1\npassword: "\\hunter2"\n': [2, "cannot read double quoted scalar: unknown escape sequence"],
    "a: 1\nb: 2\npassword: *hunter2\n": [3, "cannot read alias: unidentified alias"],
    "password: [hunter2\n": [
      1,
      "cannot read flow collection: unexpected end of the stream within a flow collection",
    ],
    "a: 1\nhunter2\n": [2, "cannot read an implicit mapping pair: missing colon"],
    "a: 1\nb: 2\na: hunter2\n": [3, "cannot store mapping pair: duplicated key"],
    "a: 1\npassword: !hunter2 x\n": [2, "cannot resolve unknown tag"],
  };
  for (const errors of ["with line", "with text"] as const) {
    for (const [text, [line, rule]] of Object.entries(BROKEN)) {
      test(`has the line and the rule told, errors ${errors}, of ${JSON.stringify(text)}`, async () => {
        const options = { schema, parseYaml: parserLikeStd(errors) };
        const { message } = await failure({ "catalog.yml": text }, options);
        assert.doesNotMatch(message, /hunter2/);
        assert.deepEqual(await problems({ "catalog.yml": text }, options), [
          ` | ${SOURCE}:${line} | not YAML: ${rule}`,
        ]);
      });
    }
  }

  test("may tell of a problem without a line", async () => {
    const options = { schema, parseYaml: parserLikeStd("with text") };
    assert.deepEqual(await problems({ "catalog.yml": "a: 1\n---\nb: 2\n" }, options), [
      ` | ${SOURCE} | not YAML: found more than 1 document in the stream: expected a single document`,
    ]);
  });

  test("has its circular aliases, alias bombs and deep lists refused", async () => {
    const options = { schema, parseYaml: parserLikeStd("with line") };
    assert.deepEqual(await problems({ "catalog.yml": "a: &a [x, *a]\n" }, options), [
      ` | ${SOURCE} | an alias contains itself`,
    ]);
    const rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let i = 1; i < 60; i++) rows.push(`a${i}: &a${i} [${Array(10).fill(`*a${i - 1}`).join(", ")}]`);
    assert.deepEqual(await problems({ "catalog.yml": rows.join("\n") }, options), [
      ` | ${SOURCE} | aliases make more than 20000 values of it`,
    ]);
    assert.deepEqual(
      await problems({ "catalog.yml": `a: ${"[".repeat(200)}${"]".repeat(200)}\n` }, options),
      [
        ` | ${SOURCE} | it is nested more than 100 deep`,
      ],
    );
    const parseYaml = () => {
      throw new RangeError("Maximum call stack size exceeded");
    };
    assert.deepEqual(await problems({ "catalog.yml": "a: 1\n" }, { schema, parseYaml }), [
      ` | ${SOURCE} | not YAML: it is nested too deep`,
    ]);
  });

  test("has no word of the document told, however it quotes it", async () => {
    for (
      const message of [
        "unexpected hunter2 in a map",
        "unexpected hunter2, in a map",
        "bad value hunter2",
        "unknown tag !<!hunter2> (2:1)",
        "Unexpected token 'h', \"hunter2\" is not valid JSON",
        "bad hunter2: hunter2",
      ]
    ) {
      const parseYaml = () => {
        throw new Error(message);
      };
      const failed = await failure({ "catalog.yml": "a: hunter2" }, { schema, parseYaml });
      assert.doesNotMatch(failed.message, /hunter2/, message);
    }
  });

  test("has the line found that js-yaml gives", async () => {
    const parseYaml = () => {
      throw Object.assign(new Error("bad indentation (3:1)"), { mark: { line: 2 } });
    };
    assert.deepEqual(await problems({ "catalog.yml": "a: 1" }, { schema, parseYaml }), [
      ` | ${SOURCE}:3 | not YAML: bad indentation`,
    ]);
  });
});
