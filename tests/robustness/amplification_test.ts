import assert from "node:assert/strict";
import { it } from "node:test";
import { glamMiddleware, onError, success, validate } from "@glam/shared/api";
import { Hono } from "hono";
import * as z from "zod";
import { captureErrors } from "./_hostile_app.ts";

const app = new Hono();
app.use(glamMiddleware({ service: "amplified", logger: captureErrors() }));
app.post("/list", validate("json", z.array(z.object({ name: z.string() }))), (c) => success(c, null));
app.post("/object", validate("json", z.strictObject({})), (c) => success(c, null));
app.post(
  "/record",
  validate("json", z.record(z.string(), z.array(z.string()))),
  (c) => success(c, null),
);
app.post("/parsed", async (c) => success(c, z.array(z.number()).parse(await c.req.json())));
app.onError(onError);

const bodies = {
  "/list": `[${"1,".repeat(50_000)}1]`,
  "/object": `{${Array.from({ length: 10_000 }, (_, i) => `"k${i}":1`).join()}}`,
  "/record": JSON.stringify({ ["k".repeat(1_000_000)]: Array(100).fill(1) }),
  "/parsed": JSON.stringify(Array(260_000).fill("")),
};

for (const [path, body] of Object.entries(bodies)) {
  it(`the answer to a ${path.slice(1)} in which everything is wrong is not larger than the request`, async () => {
    const response = await app.request(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body,
    });
    const text = await response.text();
    assert.equal(response.status, 422);
    assert.ok(JSON.parse(text).error.details.validation_errors.length > 0);
    assert.ok(text.length < body.length, `${body.length} bytes were answered with ${text.length}`);
    assert.ok(text.length < 66 * 1024, `${text.length} bytes were answered`);
  });
}
