import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loadConfig } from "@glam/shared/config";
import * as z from "zod";
import { createProject, failure, load, loadWithWarnings, problems, toLine } from "./_support.ts";

const schema = z.record(z.string(), z.any());
const SOURCE = "config/services/catalog.yml";

const read = (text: string) => load({ "catalog.yml": text }, { schema });
const refused = (text: string) => problems({ "catalog.yml": text }, { schema });

describe("the YAML of a file", () => {
  test("may have anchors, aliases and merge keys", async () => {
    const text = `
base: &base
  retries: 3
  timeout: { connect: 1, read: 2 }
fast: &fast { retries: 1 }
a:
  <<: *base
  timeout: { connect: 9 }
b:
  <<: [*fast, *base]
c: *fast
d:
  retries: 7
  <<: *base
`;
    assert.deepEqual(await read(text), {
      base: { retries: 3, timeout: { connect: 1, read: 2 } },
      fast: { retries: 1 },
      a: { retries: 3, timeout: { connect: 9 } },
      b: { retries: 1, timeout: { connect: 1, read: 2 } },
      c: { retries: 1 },
      d: { retries: 7, timeout: { connect: 1, read: 2 } },
    });
  });

  test("is 1.2, and 1.1 where it says so, as the Python package had it", async () => {
    const text = "a: yes\nb: 0o14\nc: 0755\nd: 2026-01-15\ne: ~\nf: 1e3\ng: .inf\nh: 12:30\n";
    assert.deepEqual(await read(text), {
      a: "yes",
      b: 12,
      c: 755,
      d: "2026-01-15",
      e: null,
      f: 1000,
      g: Infinity,
      h: "12:30",
    });
    assert.deepEqual(await read("%YAML 1.1\n---\na: yes\nb: off\nc: 0755\n"), { a: true, b: false, c: 493 });
  });

  test("has keys that are texts, whatever they look like", async () => {
    assert.deepEqual(await read("8080: a\ntrue: b\n1.50: c\n"), { "8080": "a", true: "b", "1.5": "c" });
  });

  test("is refused with the line of a key that is there already", async () => {
    assert.deepEqual(await refused("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\na: 2\n"), [
      ` | ${SOURCE}:5 | the key is there already`,
      ` | ${SOURCE}:6 | the key is there already`,
    ]);
    assert.deepEqual(await refused('1: a\n"1": b\n'), [` | ${SOURCE}:2 | the key is there already`]);
  });

  test("is refused with the line of an alias that grows it beyond all measure", async () => {
    const rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let i = 1; i < 12; i++) rows.push(`a${i}: &a${i} [${Array(10).fill(`*a${i - 1}`).join(", ")}]`);
    assert.deepEqual(await refused(rows.join("\n")), [
      ` | ${SOURCE}:5 | aliases make more than 20000 values of it`,
    ]);
    const merges = ["m0: &m0 { k: [1, 2, 3, 4, 5, 6, 7, 8, 9] }"];
    for (let i = 1; i < 12; i++) {
      const aliases = Array.from({ length: 9 }, (_, key) => `k${key}: *m${i - 1}`);
      merges.push(`m${i}: &m${i} { ${aliases.join(", ")} }`);
    }
    assert.match(
      (await refused(merges.join("\n"))).join("\n"),
      /:\d+ \| aliases make more than 20000 values/,
    );
  });

  test("may use one anchor hundreds of times", async () => {
    const rows = Array.from({ length: 500 }, (_, index) => `k${index}: *base`);
    const config = await read(`base: &base { a: 1 }\n${rows.join("\n")}\n`);
    assert.deepEqual(config["k499"], { a: 1 });
  });

  test("is refused with the line of an alias that contains itself, or has no anchor", async () => {
    assert.deepEqual(await refused("a: 1\nb: &b\n  c: [*b]\n"), [
      ` | ${SOURCE}:3 | the alias contains itself`,
    ]);
    assert.deepEqual(await refused("a: &a\n  <<: *a\n"), [` | ${SOURCE}:2 | the alias contains itself`]);
    assert.deepEqual(await refused("a: *b\nb: &b 1\n"), [
      ` | ${SOURCE}:1 | the alias has no anchor before it`,
    ]);
  });

  test("is refused when it is nested so deep that no stack can hold it", async () => {
    const nested = (depth: number) => `a: ${"[".repeat(depth)}${"]".repeat(depth)}\n`;
    assert.deepEqual(await refused(nested(200)), [` | ${SOURCE}:1 | it is nested more than 100 deep`]);
    assert.match((await refused(nested(50_000))).join(), /nested/);
    assert.deepEqual(await read("a: [[[]]]"), { a: [[[]]] });
  });

  test("is refused when it is more than one document", async () => {
    assert.deepEqual(await refused("a: 1\n---\nb: 2\n"), [
      ` | ${SOURCE}:2 | a second document begins; a configuration is one`,
    ]);
  });

  test("is warned of where it has a tag that nobody knows", async () => {
    const { config, warnings } = await loadWithWarnings({ "catalog.yml": "a: 1\nb: !vault x\n" }, { schema });
    assert.deepEqual(config, { a: 1, b: "x" });
    assert.deepEqual(warnings.map(toLine), [` | ${SOURCE}:2 | the tag is not known, and is not looked at`]);
  });

  test("is told of with the line and the rule when it is none, and never with its text", async () => {
    const broken = [
      "password: 'hunter2\n",
      'password: "hunter2" hunter2\n',
      'password: "\\hunter2"\n',
      "password: hunter2: hunter2\n",
      "password: *hunter2\n",
      "a:\n\thunter2: 1\n",
      "password: [hunter2\n",
      "password: @hunter2\n",
      "- hunter2\nhunter2: 1\n",
      "{ password: hunter2 } hunter2\n",
      "password: !<hunter2 x\n",
      "%hunter2 x\n---\n a: b\n",
      "<<: hunter2\n",
      "password: !!int hunter2\n",
      "password: [1]]hunter2\n",
      "password: |hunter2\n",
      "password: }hunter2\n",
    ];
    for (const text of broken) {
      const { warnings = [], message = "" } = await failure({ "catalog.yml": text }, { schema })
        .then(
          ({ message }) => ({ message, warnings: [] }),
          () => loadWithWarnings({ "catalog.yml": text }, { schema }),
        )
        .then((told) => told as { message?: string; warnings?: unknown[] });
      const told = `${message}${JSON.stringify(warnings)}`;
      assert.match(told, /config\/services\/catalog\.yml/, text);
      assert.doesNotMatch(told, /hunter2/, text);
    }
  });
});

describe("the line of a value", () => {
  const schema = z.object({ a: z.object({ b: z.int() }), c: z.array(z.object({ d: z.int() })) });

  test("is that of its key or item, through aliases and merge keys", async () => {
    const text = `# first
shared: &shared
  b: x
item: &item
  d: y
a:
  <<: *shared
c:
  - d: 1
  - *item
  - { e: 3,
      d: z }
`;
    const open = schema.extend({ shared: z.any(), item: z.any() });
    assert.deepEqual(await problems({ "catalog.yml": text }, { schema: open }), [
      `c.2.e | ${SOURCE}:11 | unknown key`,
      `a.b | ${SOURCE}:3 | expected number, received string`,
      `c.1.d | ${SOURCE}:5 | expected number, received string`,
      `c.2.d | ${SOURCE}:12 | expected number, received string`,
    ]);
  });

  test("is that of the file that has the last word", async () => {
    const files = { "config/shared.yml": "\na:\n  b: x\n", "catalog.yml": "a: {}\nc: []\n" };
    assert.deepEqual(await problems(files, { schema }), [
      "a.b | config/shared.yml:3 | expected number, received string",
    ]);
  });
});

describe("a parser of one's own", () => {
  test("needs no more than the call shape of `parse`", async () => {
    await using project = await createProject({ "catalog.yml": '{ "a": 1, "b": "x" }' });
    const load = (schema: z.ZodType) =>
      loadConfig({ service: "catalog", root: project.root, env: {}, schema, parseYaml: JSON.parse });
    assert.deepEqual(await load(z.object({ a: z.int(), b: z.string() })), { a: 1, b: "x" });
    await assert.rejects(
      load(z.object({ a: z.int(), b: z.int() })),
      /b \(config\/services\/catalog\.yml\): expected number/,
    );
  });

  test("has the line of its errors told, and not their text", async () => {
    const parseYaml = () => {
      throw new SyntaxError('unexpected "hunter2" in a map at line 7, column 3: hunter2\n  | hunter2');
    };
    assert.deepEqual(await problems({ "catalog.yml": "a: 1" }, { schema, parseYaml }), [
      ` | ${SOURCE}:7 | not YAML: unexpected`,
    ]);
  });
});
