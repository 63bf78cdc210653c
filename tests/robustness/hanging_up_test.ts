import assert from "node:assert/strict";
import { connect } from "node:net";
import { it } from "node:test";
import { glamMiddleware, success, validate } from "@glam/shared/api";
import { Hono } from "hono";
import * as z from "zod";
import { serveApp } from "../_support/served_app.ts";
import { captureErrors } from "./_hostile_app.ts";

for (const path of ["/validated", "/read-by-the-handler"]) {
  it(`a client that hangs up in the middle of its body is no failure of the service: ${path.slice(1)}`, async () => {
    const logger = captureErrors();
    const reached = Promise.withResolvers<void>();
    const settled = Promise.withResolvers<number>();
    const app = new Hono();
    app.use(glamMiddleware({ service: "hung-up", logger }));
    app.post("/validated", validate("json", z.unknown()), (c) => success(c, null));
    app.post("/read-by-the-handler", async (c) => success(c, await c.req.text()));
    await using server = await serveApp(async (request, env) => {
      const answer = app.fetch(request, env);
      reached.resolve();
      const response = await answer;
      settled.resolve(response.status);
      return response;
    });
    const socket = connect({ port: server.port, host: "127.0.0.1" });
    socket.on("error", () => {});
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"half":`,
    );
    await reached.promise;
    socket.destroy();
    const status = await settled.promise;
    assert.ok(status >= 400 && status < 500, `a status that blames the client, got ${status}`);
    assert.deepEqual(logger.errors, []);
  });
}
