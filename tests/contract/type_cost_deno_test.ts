import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { createConsumer } from "../../scripts/_consumer.ts";
import { countInstantiations } from "../_support/tsc.ts";

const ENDPOINTS = 150;
const IMPORTS = `import { createServiceClient } from "@glam/shared/client";
import { defineEndpoint, isoDate } from "@glam/shared/contract";
import { ConflictError, NotFoundError } from "@glam/shared/errors";
import * as z from "zod";
`;
const EMPTY =
  "export const used = [createServiceClient, defineEndpoint, isoDate, ConflictError, NotFoundError, z.string];";

const numbers = Array.from({ length: ENDPOINTS }, (_, i) => i);

/** Endpoints that have nothing in common which a compiler could reuse. */
function definitions(): string {
  return numbers.map((i) =>
    `export const E${i} = defineEndpoint("POST /api/v1/m${i}/:id/credits/:sub", {
  params: z.object({ id: z.string(), sub: z.string() }),
  body: z.object({ amount: z.int().positive(), operation_id: z.guid(), note${i}: z.string().optional() }),
  data: z.object({ id: z.uuid(), balance: z.int(), at: isoDate(), n${i}: z.string() }),
  status: 201,
  errors: [NotFoundError, ConflictError],
});`
  ).join("\n");
}

/** A client of all of them, and a call of each. */
function caller(): string {
  const calls = numbers.map((i) =>
    `  const r${i} = await client.E${i}({ params: { id: "1", sub: "2" }, body: { amount: 1, operation_id: "x" } });
  console.log(r${i}.balance + 1, r${i}.at.getTime());`
  );
  const names = numbers.map((i) => `E${i}`).join(", ");
  return `const client = createServiceClient({ service: "x", baseUrl: "http://x", endpoints: { ${names} } });
export async function run(): Promise<void> {
${calls.join("\n")}
}`;
}

describe(`the types of ${ENDPOINTS} endpoints`, () => {
  let folder: string;
  let empty: number;
  const cost = async (name: string, ...parts: string[]) => {
    await Deno.writeTextFile(`${folder}/${name}.ts`, [IMPORTS, ...parts, ""].join("\n"));
    return await countInstantiations(folder, `${name}.ts`);
  };
  before(async () => {
    folder = await createConsumer("type-cost");
    empty = await cost("empty", EMPTY);
  });

  it("cost less than 75,000 instantiations above a program with the same imports", async (t) => {
    const count = await cost("contracts", EMPTY, definitions()) - empty;
    t.diagnostic(`${count}`);
    assert.ok(count < 75_000, String(count));
    assert.ok(count > 1000, "something was compiled");
  });

  it("cost less than 220,000 with a caller of all", async (t) => {
    const count = await cost("caller", EMPTY, definitions(), caller()) - empty;
    t.diagnostic(`${count}`);
    assert.ok(count < 220_000, String(count));
    assert.ok(count > 1000, "something was compiled");
  });
});
