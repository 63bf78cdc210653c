import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { success, validate, type ValidateOptions } from "@glam/shared/api";
import * as z from "zod";
import { type Answer, createApp, type Json, post, send } from "./_support.ts";

function appOf(target: "form" | "json", schema: z.ZodType = z.unknown(), options?: ValidateOptions) {
  const { app } = createApp();
  app.post("/", validate(target, schema, options), (c) => success(c, c.req.valid(target as never)));
  return app;
}

function stream(...pieces: (string | Error)[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      const piece = pieces.shift();
      if (piece === undefined) controller.close();
      else if (typeof piece === "string") controller.enqueue(new TextEncoder().encode(piece));
      else controller.error(piece);
    },
  });
}

function chunked(body: ReadableStream, type = "application/json"): Request {
  const init = { method: "POST", headers: { "Content-Type": type }, body, duplex: "half" };
  return new Request("http://localhost/", init as RequestInit);
}

function assertInvalid({ status, body }: Answer, type: string) {
  assert.equal(status, 422);
  const [first, ...rest] = body.error.details.validation_errors;
  assert.deepEqual([first.field, first.type, rest.length], ["body", type, 0]);
}

describe("a JSON body", () => {
  for (const text of ["{", "{a:1}", "nope", '{"a":1}}', "[1,]", "\u0000", "NaN"]) {
    it(`that is malformed is 422 json_invalid: ${JSON.stringify(text)}`, async () => {
      const { headers } = await send(appOf("json"), "/", post(text));
      assert.equal(headers.get("x-service-name"), "catalog");
      assertInvalid(await send(appOf("json"), "/", post(text)), "json_invalid");
      assertInvalid(await send(appOf("json"), chunked(stream(text))), "json_invalid");
      const withLength = post(text, { "Content-Length": String(text.length) });
      assertInvalid(await send(appOf("json"), "/", withLength), "json_invalid");
    });
  }

  it("that is empty is malformed where JSON is announced, else an empty object", async () => {
    assertInvalid(await send(appOf("json", z.object({ a: z.number() })), "/", post("")), "json_invalid");
    const app = appOf("json", z.object({ a: z.number().optional() }));
    assert.deepEqual((await send(app, "/", { method: "POST" })).body.data, {});
  });

  for (
    const type of ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"]
  ) {
    it(`may be announced as ${type}`, async () => {
      const init = { method: "POST", headers: { "Content-Type": type }, body: '{"a":1}' };
      assert.deepEqual((await send(appOf("json"), "/", init)).body.data, { a: 1 });
    });
  }

  for (
    const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "text/json", "x"]
  ) {
    it(`announced as ${type} is 415`, async () => {
      const init = { method: "POST", headers: { "Content-Type": type }, body: "{}" };
      for (const headers of [init.headers, { ...init.headers, "Content-Length": "2" }]) {
        const { status, body } = await send(appOf("json"), "/", { ...init, headers });
        assert.deepEqual([status, body.error.code], [415, "HTTP_415"]);
      }
    });
  }

  it("without a Content-Type is 415", async () => {
    const request = new Request("http://localhost/", {
      method: "POST",
      body: new TextEncoder().encode("{}"),
    });
    assert.equal(request.headers.get("content-type"), null);
    const { status, body } = await send(appOf("json"), request);
    assert.deepEqual([status, body.error.code], [415, "HTTP_415"]);
  });

  it("of another type is 415 also when middleware has read it before", async () => {
    const { app } = createApp();
    app.use(async (c, next) => {
      await c.req.text();
      await next();
    });
    app.post(
      "/",
      validate("json", z.object({ a: z.number().optional() })),
      (c) => success(c, c.req.valid("json")),
    );
    const init = { method: "POST", headers: { "Content-Type": "text/plain" }, body: '{"a":"x"}' };
    assert.equal((await send(app, "/", init)).status, 415);
    assert.deepEqual((await send(app, "/", post({ a: 1 }))).body.data, { a: 1 });
  });

  it("stays readable in the handler, in any form", async () => {
    const { app } = createApp();
    app.post("/:as", validate("json", z.object({})), async (c) => {
      const as = c.req.param("as");
      if (as === "json") return success(c, JSON.stringify(await c.req.json()));
      if (as === "text") return success(c, await c.req.text());
      if (as === "blob") return success(c, await (await c.req.blob()).text());
      return success(c, new TextDecoder().decode(await c.req.arrayBuffer()));
    });
    for (const as of ["json", "text", "blob", "buffer"]) {
      for (const headers of [{}, { "Content-Length": "7" }]) {
        assert.equal((await send(app, `/${as}`, post('{"a":1}', headers as never))).body.data, '{"a":1}');
      }
    }
  });

  it("keeps its text: UTF-8, large numbers, and keys of the prototype", async () => {
    const text = '{"ü":"\u{1F600}","n":1e3,"constructor":1,"__proto__":{"polluted":1}}';
    const { body } = await send(appOf("json", z.object({ ü: z.string(), n: z.number() })), "/", post(text));
    assert.deepEqual(body.data, { ü: "\u{1F600}", n: 1000 });
    assert.equal(({} as Json).polluted, undefined);
  });

  it("that is deeply nested is an answer under 500", async () => {
    const depth = 200_000;
    interface Tree {
      readonly a?: Tree | undefined;
    }
    const tree: z.ZodType<Tree> = z.lazy(() => z.object({ a: tree.optional() }));
    const { app } = createApp();
    app.post("/", validate("json", tree), (c) => success(c, "fine"));
    for (const text of ['{"a":'.repeat(depth / 2) + "{}" + "}".repeat(depth / 2), "[".repeat(depth)]) {
      const { status, body } = await send(app, "/", post(text));
      assert.equal(status, 422);
      assert.equal(body.error.code, "VALIDATION_ERROR");
    }
    assert.equal((await send(app, "/", post({ a: { a: {} } }))).status, 200);
  });
});

describe("maxBodyBytes", () => {
  const exact = JSON.stringify("x".repeat(98)); // 100 bytes
  const big = JSON.stringify("x".repeat(99));

  it("is 413 by Content-Length, without reading", async () => {
    let pulls = 0;
    const body = new ReadableStream({ pull: () => void pulls++ }, { highWaterMark: 0 });
    const request = chunked(body);
    request.headers.set("Content-Length", "101");
    const answer = await send(appOf("json", z.unknown(), { maxBodyBytes: 100 }), request);
    assert.deepEqual([answer.status, answer.body.error.code, pulls], [413, "HTTP_413", 0]);
  });

  it("is 413 by counting, and stops reading there", async () => {
    let pulls = 0;
    const body = new ReadableStream({
      pull(controller) {
        pulls++;
        controller.enqueue(new Uint8Array(60));
      },
    }, { highWaterMark: 0 });
    const answer = await send(appOf("json", z.unknown(), { maxBodyBytes: 100 }), chunked(body));
    assert.deepEqual([answer.status, answer.body.error.code], [413, "HTTP_413"]);
    assert.ok(pulls <= 3, `${pulls} pulls`);
  });

  it("counts bytes and not characters, and takes a body of just that size", async () => {
    const app = appOf("json", z.unknown(), { maxBodyBytes: 100 });
    assert.equal((await send(app, "/", post(exact))).status, 200);
    assert.equal((await send(app, "/", post(exact, { "Content-Length": "100" }))).status, 200);
    assert.equal((await send(app, "/", post(big))).status, 413);
    assert.equal((await send(app, "/", post(JSON.stringify("ü".repeat(50))))).status, 413);
  });

  it("is 1 MiB unless set, and bounds forms, too", async () => {
    const limit = 1024 * 1024;
    assert.equal((await send(appOf("json"), "/", post(JSON.stringify("x".repeat(limit - 2))))).status, 200);
    assert.equal((await send(appOf("json"), "/", post(JSON.stringify("x".repeat(limit - 1))))).status, 413);
    const form = new FormData();
    form.set("file", new Blob([new Uint8Array(200)]));
    const app = appOf("form", z.unknown(), { maxBodyBytes: 100 });
    assert.equal((await send(app, "/", { method: "POST", body: form })).status, 413);
  });

  it("also bounds a body that middleware has read before", async () => {
    const { app } = createApp();
    app.use(async (c, next) => {
      await c.req.text();
      await next();
    });
    app.post("/", validate("json", z.unknown(), { maxBodyBytes: 100 }), (c) => success(c, 1));
    assert.equal((await send(app, chunked(stream(exact)))).status, 200);
    assert.equal((await send(app, chunked(stream(big)))).status, 413);
  });

  it("is checked when the route is made", () => {
    for (const maxBodyBytes of [-1, 1.5, NaN, Infinity]) {
      assert.throws(() => validate("json", z.unknown(), { maxBodyBytes }), {
        name: "RangeError",
        message: /Expected `maxBodyBytes` to be a whole number from 0/,
      });
    }
  });
});

describe("a form", () => {
  it("may be urlencoded or multipart, with files and repeated fields", async () => {
    const { app } = createApp();
    const schema = z.object({
      name: z.string(),
      tag: z.array(z.string()),
      file: z.instanceof(File).optional(),
    });
    app.post("/", validate("form", schema), async (c) => {
      const { name, tag, file } = c.req.valid("form");
      return success(c, { name, tag, file: file && [file.name, file.type, await file.text()] });
    });
    const params = new URLSearchParams([["name", "a b&ü"], ["tag", "1"], ["tag", "2"]]);
    const urlencoded = await send(app, "/", { method: "POST", body: params });
    assert.deepEqual(urlencoded.body.data, { name: "a b&ü", tag: ["1", "2"] });
    const form = new FormData();
    for (const [name, value] of params) form.append(name, value);
    form.set("file", new File(["content"], "a.txt", { type: "image/png" }));
    const { body } = await send(app, "/", { method: "POST", body: form });
    assert.deepEqual(body.data.file, ["a.txt", "image/png", "content"]);
  });

  it("that is malformed is 422 form_invalid", async () => {
    const headers = { "Content-Type": "multipart/form-data; boundary=x" };
    const app = appOf("form");
    assertInvalid(await send(app, "/", { method: "POST", headers, body: "no form" }), "form_invalid");
    const type = { "Content-Type": "multipart/form-data" };
    assertInvalid(
      await send(app, "/", { method: "POST", headers: type, body: "no boundary" }),
      "form_invalid",
    );
  });

  it("announced as JSON is 415, and a missing one is an empty form", async () => {
    assert.equal((await send(appOf("form"), "/", post({}))).status, 415);
    assert.deepEqual((await send(appOf("form"), "/", { method: "POST" })).body.data, {});
  });
});

describe("a body that breaks off", () => {
  it("is no fault of the server", async () => {
    const broken = chunked(stream('{"a":', new TypeError("connection reset")));
    const { status } = await send(appOf("json"), broken);
    assert.ok(status >= 400 && status < 500, `got ${status}`);
  });
});
