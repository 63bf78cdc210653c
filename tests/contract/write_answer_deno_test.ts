import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bigintText, isoDate } from "@glam/shared/contract";
import fc from "fast-check";
import * as z from "zod";
import { answerWriter } from "../../contract/_write_answer.ts";

/** What goes over the wire, read again, or the codes of the issues. */
async function written(schema: z.ZodType, value: unknown): Promise<unknown> {
  const { issues, value: result } = await answerWriter(schema)(value);
  return issues?.map(({ code }) => code) ?? overTheWire(result);
}

/** The same by Zod alone. */
function byZod(schema: z.ZodType, direction: "encode" | "parse", value: unknown): unknown {
  const result = direction === "encode" ? z.safeEncode(schema, value) : z.safeParse(schema, value);
  return result.success ? overTheWire(result.data) : result.error.issues.map(({ code }) => code);
}

function overTheWire(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value) ?? "null");
}

const Tree: z.ZodType = z.object({
  name: z.string(),
  get children() {
    return z.array(Tree);
  },
});

const schemas: Readonly<Record<string, z.ZodType>> = {
  text: z.string(),
  bounded: z.string().min(1).max(3),
  pattern: z.string().regex(/^a/i),
  trimmed: z.string().trim(),
  uuid: z.uuid(),
  date: isoDate(),
  day: z.iso.date(),
  big: bigintText(),
  number: z.number(),
  int: z.int(),
  positive: z.number().positive(),
  above: z.number().gt(1).lt(2),
  between: z.number().min(-1).max(1),
  even: z.number().multipleOf(2),
  boolean: z.boolean(),
  nothing: z.null(),
  anything: z.unknown(),
  word: z.enum(["a", "b"]),
  literal: z.literal(["a", 1, null]),
  list: z.array(z.int()).max(2),
  dates: z.array(isoDate()),
  object: z.object({ a: z.string(), b: z.int().optional(), c: z.string().nullable() }),
  dated: z.object({ a: z.string(), at: isoDate(), big: bigintText().optional() }),
  nested: z.object({ a: z.object({ a: z.int() }).optional(), list: z.array(z.object({ a: z.string() })) }),
  loose: z.looseObject({ a: z.string() }),
  catchall: z.object({ a: z.string() }).catchall(z.int()),
  record: z.record(z.string(), z.int()),
  byWord: z.record(z.enum(["a", "b"]), z.int()),
  union: z.union([z.object({ a: z.unknown() }), z.object({ a: z.string(), b: z.int() })]),
  either: z.union([z.string().min(2), z.int(), isoDate()]),
  kinds: z.discriminatedUnion("a", [
    z.object({ a: z.literal("a"), b: z.int() }),
    z.object({ a: z.literal("b"), c: z.string() }),
  ]),
  default: z.object({ a: z.string().default("x"), b: z.int() }),
  refined: z.object({ a: z.string().refine((text) => text !== "a"), b: z.int().optional() }),
  checked: z.object({ a: z.string() }).refine(({ a }) => a !== "a"),
  readonly: z.object({ a: z.array(z.string()).readonly() }).readonly(),
  merged: z.intersection(z.object({ a: z.string() }), z.object({ b: z.int() })),
  pair: z.tuple([z.string(), z.int()]),
  tree: Tree,
};

class Point {
  a = "x";
  b = 1;
  toJSON(): unknown {
    return "no";
  }
}

const leaf = fc.oneof(
  fc.constantFrom("a", "b", "", "abcd", "2026-01-02", "0190f1e0-0000-7000-8000-000000000000"),
  fc.string(),
  fc.integer({ min: -2, max: 3 }),
  fc.double(),
  fc.boolean(),
  fc.constantFrom(null, undefined, 1n, -(2n ** 70n)),
  fc.date(),
  fc.constant(new Point()),
);
const value = fc.letrec((tie) => ({
  any: fc.oneof({ depthSize: "small" }, leaf, tie("list"), tie("object")),
  list: fc.array(tie("any"), { maxLength: 3 }),
  object: fc.dictionary(
    fc.constantFrom("a", "b", "c", "at", "big", "list", "name", "children", "toJSON", "__proto__"),
    tie("any"),
    { maxKeys: 4, noNullPrototype: false },
  ),
})).any;

describe("an answer is written as Zod writes it", () => {
  for (const [name, schema] of Object.entries(schemas)) {
    const direction = ["date", "big", "dates", "dated", "either"].includes(name) ? "encode" : "parse";
    it(name, async () => {
      const fitting = fc.oneof(value, exampleOf[name] ?? fc.constant(undefined));
      await fc.assert(
        fc.asyncProperty(fitting, async (given) => {
          if (holdsBigint(given) && name !== "big" && name !== "dated") return; // JSON.stringify throws in both
          assert.deepEqual(await written(schema, given), byZod(schema, direction, given));
        }),
        { numRuns: 300 },
      );
    });
  }
});

function holdsBigint(given: unknown): boolean {
  if (typeof given === "bigint") return true;
  return typeof given === "object" && given !== null && Object.values(given).some(holdsBigint);
}

/** Values that fit, or nearly. */
const exampleOf: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  bounded: fc.string({ minLength: 0, maxLength: 4 }),
  pattern: fc.constantFrom("abc", "ABC", "b"),
  trimmed: fc.constantFrom(" a ", "a"),
  date: fc.date(),
  big: fc.bigInt(),
  between: fc.double({ min: -1.5, max: 1.5 }),
  above: fc.constantFrom(1, 1 + Number.EPSILON, 1.5, 2 - Number.EPSILON, 2),
  positive: fc.constantFrom(0, -0, Number.MIN_VALUE, 1),
  list: fc.array(fc.integer(), { maxLength: 3 }),
  dates: fc.array(fc.date()),
  object: fc.record(
    { a: fc.string(), b: fc.option(fc.integer(), { nil: undefined }), c: fc.option(fc.string()), d: leaf },
    { requiredKeys: ["a", "c"] },
  ),
  dated: fc.record({ a: fc.string(), at: fc.date(), big: fc.bigInt(), d: fc.string() }, {
    requiredKeys: ["a", "at"],
  }),
  nested: fc.record({
    a: fc.option(fc.record({ a: fc.integer(), b: fc.string() }), { nil: undefined }),
    list: fc.array(fc.record({ a: fc.string(), b: fc.string() }, { requiredKeys: ["a"] })),
  }),
  loose: fc.record({ a: fc.string(), z: fc.string() }),
  catchall: fc.record({ a: fc.string(), z: fc.integer() }),
  record: fc.dictionary(fc.string(), fc.integer()),
  byWord: fc.record({ a: fc.integer(), b: fc.integer() }),
  union: fc.record({ a: fc.string(), b: fc.integer() }),
  either: fc.oneof(fc.string(), fc.integer(), fc.date()),
  kinds: fc.oneof(
    fc.record({ a: fc.constantFrom("a", "b"), b: fc.integer(), c: fc.string() }),
    fc.record({ a: fc.constant("b"), c: fc.string() }),
  ),
  default: fc.record({ a: fc.string(), b: fc.integer() }, { requiredKeys: ["b"] }),
  refined: fc.record({ a: fc.constantFrom("a", "b"), b: fc.integer() }, { requiredKeys: ["a"] }),
  checked: fc.record({ a: fc.constantFrom("a", "b"), b: fc.integer() }, { requiredKeys: ["a"] }),
  readonly: fc.record({ a: fc.array(fc.string()), b: fc.string() }),
  merged: fc.record({ a: fc.string(), b: fc.integer(), c: fc.string() }),
  pair: fc.tuple(fc.string(), fc.integer()),
  tree: fc.letrec((tie) => ({
    node: fc.record({
      name: fc.string(),
      children: fc.oneof(
        { maxDepth: 3, depthIdentifier: "tree" },
        fc.constant([]),
        fc.array(tie("node"), { maxLength: 2, depthIdentifier: "tree" }),
      ),
      x: fc.boolean(),
    }),
  })).node,
};

it("an asynchronous refinement is waited for", async () => {
  const schema = z.object({ a: z.string().refine((text) => Promise.resolve(text !== "a")) });
  assert.deepEqual(await written(schema, { a: "b" }), { a: "b" });
  assert.deepEqual(await written(schema, { a: "a" }), ["custom"]);
});

it("an object with nothing to change is not copied", async () => {
  const given = [{ a: "x", b: [1] }];
  const result = await answerWriter(z.array(z.object({ a: z.string(), b: z.array(z.int()) })))(given);
  assert.equal((result as { value: unknown }).value, given);
});

it("what a codec writes stands at its place, and the given object stays as it is", async () => {
  const given = { a: "x", at: new Date(0), b: 1n, leak: true };
  const schema = z.object({ a: z.string(), at: isoDate(), b: bigintText() });
  const written = { a: "x", at: "1970-01-01T00:00:00.000Z", b: "1" };
  const { leak: _, ...exact } = given;
  for (const value of [given, exact]) {
    const result = await answerWriter(schema)(value) as { value: object };
    assert.equal(JSON.stringify(result.value), JSON.stringify(written));
    assert.ok(value.at instanceof Date);
  }
});
