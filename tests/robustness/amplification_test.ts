import assert from "node:assert/strict";
import { it } from "node:test";
import { glamMiddleware, success, validate } from "@glam/shared/api";
import { Hono } from "hono";
import * as z from "zod";
import { captureErrors } from "./_hostile_app.ts";

const app = new Hono();
app.use(glamMiddleware({ service: "amplified", logger: captureErrors() }));
app.post("/list", validate("json", z.array(z.object({ name: z.string() }))), (c) => success(c, null));
app.post("/object", validate("json", z.strictObject({})), (c) => success(c, null));

const bodies = {
  "/list": `[${"1,".repeat(50_000)}1]`,
  "/object": `{${Array.from({ length: 10_000 }, (_, i) => `"k${i}":1`).join()}}`,
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
  });
}
