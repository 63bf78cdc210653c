import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { success, validate } from "@glam/shared/api";
import { Hono } from "hono";
import * as z from "zod";
import { createApp, post, send } from "./_support.ts";

const FORM = "application/x-www-form-urlencoded";

function appOf(target: "form" | "json") {
  const { app } = createApp();
  app.post("/", validate(target, z.unknown()), (c) => success(c, c.req.valid(target as never)));
  return app;
}

describe("a body with a content coding", () => {
  const coded = async (text: string, format: CompressionFormat) =>
    await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream(format))).arrayBuffer();

  for (const [target, type, text] of [["json", "application/json", "{}"], ["form", FORM, "a=1"]] as const) {
    it(`is 415 with Accept-Encoding as ${target}`, async () => {
      for (
        const [coding, body] of [["gzip", await coded(text, "gzip")], ["identity, X-Own", text]] as const
      ) {
        const headers = { "Content-Type": type, "Content-Encoding": coding };
        const answer = await send(appOf(target), "/", { method: "POST", headers, body });
        assert.deepEqual([answer.status, answer.body.error.code], [415, "HTTP_415"]);
        assert.match(answer.body.error.message, /no Content-Encoding, got /);
        assert.equal(answer.headers.get("accept-encoding"), "identity");
      }
    });
  }

  it("says so without the middleware, too", async () => {
    const app = new Hono().post("/", validate("json", z.unknown()), (c) => c.text("x"));
    const answer = await send(app, "/", post("{}", { "Content-Encoding": "br" }));
    assert.deepEqual([answer.status, answer.headers.get("accept-encoding")], [415, "identity"]);
  });

  it("of identity is read", async () => {
    for (const coding of ["identity", "Identity", " identity , identity", ""]) {
      assert.equal((await send(appOf("json"), "/", post("{}", { "Content-Encoding": coding }))).status, 200);
    }
  });
});

describe("the charset of a body", () => {
  const typed = (type: string, body: string): RequestInit => ({
    method: "POST",
    headers: { "Content-Type": type },
    body,
  });

  it("may be UTF-8 or a part of it", async () => {
    for (const charset of ["utf-8", "UTF-8", '"utf-8"', "utf8", "US-ASCII"]) {
      assert.equal(
        (await send(appOf("json"), "/", typed(`application/json;charset=${charset}`, "{}"))).status,
        200,
      );
      const form = await send(appOf("form"), "/", typed(`${FORM}; charset=${charset}; x=y`, "a=1"));
      assert.deepEqual(form.body.data, { a: "1" });
    }
  });

  it("is 415 where it is another", async () => {
    for (const charset of ["iso-8859-1", '"windows-1252"', "UTF-16", "utf-7"]) {
      for (const [target, type] of [["json", "application/json"], ["form", FORM]] as const) {
        const { status, body } = await send(appOf(target), "/", typed(`${type}; Charset=${charset}`, "{}"));
        assert.deepEqual([status, body.error.code], [415, "HTTP_415"]);
        assert.match(body.error.message, /charset of the body to be UTF-8, got [a-z0-9-]+$/);
      }
    }
  });
});
