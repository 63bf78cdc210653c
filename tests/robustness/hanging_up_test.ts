import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { it } from "node:test";
import { glamMiddleware, success, validate } from "@glam/shared/api";
import { Hono } from "hono";
import * as z from "zod";
import { serveApp } from "../_support/served_app.ts";
import { captureErrors } from "./_hostile_app.ts";

const PATHS = ["/validated", "/read-by-the-handler"];
const WAYS: Readonly<Record<string, (socket: Socket) => void>> = {
  "closes its connection": (socket) => socket.destroy(),
  "resets its connection": (socket) => socket.resetAndDestroy(),
  "breaks the framing": (socket) => socket.end("zz\r\n"),
};

for (const [path, how] of PATHS.flatMap((path) => Object.keys(WAYS).map((how) => [path, how] as const))) {
  it(`a client that ${how} in the middle of its body is no failure of the service: ${path.slice(1)}`, async () => {
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
      `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n` +
        `Transfer-Encoding: chunked\r\n\r\n8\r\n{"half":\r\n`,
    );
    await reached.promise;
    WAYS[how]!(socket);
    const status = await settled.promise;
    assert.ok(status >= 400 && status < 500, `a status that blames the client, got ${status}`);
    assert.deepEqual(logger.errors, []);
  });
}
