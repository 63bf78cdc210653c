import assert from "node:assert/strict";
import { test } from "node:test";
import { ownDocDiagnostics } from "../../scripts/_doc_lint.ts";

function privateTypeRef(referenced: string): string {
  return `error[private-type-ref]: public type 'f' references private type 'T'
 --> /a/mod.ts:4:1
  |
4 | export function f(): T;
  | ^
  = hint: make the referenced type public or remove the reference
  |
7 | ${referenced}
  | - this is the referenced type

`;
}

test("tolerates references to types that are not in our sources", () => {
  assert.deepEqual(
    ownDocDiagnostics(privateTypeRef("export interface T {"), ["\n\n\n\n\n\n\nexport interface T {"]),
    [],
  );
});

test("reports references to private types of our own", () => {
  const block = privateTypeRef("interface T {");
  assert.deepEqual(ownDocDiagnostics(`Check\n${block}`, ["\n\n\n\n\n\ninterface T {\n}"]), [block.trim()]);
});

test("reports every other diagnostic", () => {
  const block = "error[missing-jsdoc]: exported symbol is missing JSDoc documentation\n --> /a/mod.ts:1:1";
  assert.deepEqual(ownDocDiagnostics(block, []), [block]);
});
