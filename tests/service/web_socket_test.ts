import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { glamMiddleware } from "@glam/shared/api";
import { getRequestId } from "@glam/shared/context";
import { ForbiddenError } from "@glam/shared/errors";
import { type ServiceOptions, upgradeWebSocket } from "@glam/shared/service";
import { Hono } from "hono";
import type { WSEvents } from "hono/ws";
import { waitFor } from "../_support/wait_for.ts";
import { recordingLogger } from "../_support/recording_logger.ts";
import { testService } from "./_support.ts";

/** A service with a WebSocket route at `/ws`. */
async function serve(
  events: () => WSEvents,
  options: Partial<ServiceOptions> & { readonly glam?: boolean } = {},
) {
  const { glam = true, ...rest } = options;
  const { entries: lines, logger } = recordingLogger();
  const app = new Hono();
  if (glam) app.use(glamMiddleware({ service: "test", logger }));
  app.get("/ws", upgradeWebSocket(events));
  const { service } = testService({ app, logger, websocket: true, ...rest });
  await service.start();
  const { url } = service.address!;
  const ws = `${url.replace("http", "ws")}/ws`;
  return { service, lines, url, ws, [Symbol.asyncDispose]: () => service.stop() };
}

/** A client, and what became of its connection. */
function open(url: string) {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  const messages: unknown[] = [];
  const opened = new Promise<boolean>((resolve) => {
    socket.addEventListener("open", () => resolve(true));
    socket.addEventListener("error", () => resolve(false));
  });
  const closed = new Promise<number>((resolve) =>
    socket.addEventListener("close", ({ code }) => resolve(code))
  );
  socket.addEventListener("message", ({ data }) => messages.push(data));
  return { socket, messages, opened, closed };
}

const ECHO: WSEvents = { onMessage: ({ data }, ws) => ws.send(data as string) };

describe("a WebSocket route of a service", () => {
  for (const glam of [true, false]) {
    it(`takes and sends messages, text and bytes, ${glam ? "behind" : "without"} glamMiddleware`, async () => {
      const { service, ws } = await serve(() => ECHO, { glam });
      const { socket, messages, opened } = open(ws);
      assert.equal(await opened, true);
      socket.send("hi");
      socket.send(new Uint8Array([1, 2]));
      await waitFor(() => messages.length === 2, "both messages come back");
      assert.equal(messages[0], "hi");
      assert.deepEqual(new Uint8Array(messages[1] as ArrayBuffer), new Uint8Array([1, 2]));
      socket.close();
      await service.stop();
      await service.finished;
    });
  }

  it("runs its events in the context of the request", async () => {
    await using served = await serve(() => ({ onMessage: (_, ws) => ws.send(getRequestId() ?? "none") }));
    const { service, ws } = served;
    const { socket, messages, opened } = open(ws);
    await opened;
    socket.send("?");
    await waitFor(() => messages.length === 1, "it answers");
    assert.match(String(messages[0]), /^req_/);
    await service.stop();
  });

  it("is closed with 1001 when the service stops, and the stop is in order", async () => {
    const left: number[] = [];
    await using served = await serve(() => ({ onClose: ({ code }) => void left.push(code) }));
    const { service, ws, lines } = served;
    const clients = [open(ws), open(ws)];
    for (const { opened } of clients) assert.equal(await opened, true);
    await service.stop();
    await service.finished;
    assert.deepEqual(await Promise.all(clients.map(({ closed }) => closed)), [1001, 1001]);
    assert.equal(left.length, 2);
    assert.ok(lines.some(({ message }) => message === "HTTP drained"));
  });

  it("does not hold up the stop when its client does not answer", async () => {
    const opened = Promise.withResolvers<void>();
    await using served = await serve(() => ({ onOpen: () => opened.resolve() }));
    const { service, url } = served;
    const client = connect(Number(new URL(url).port), "127.0.0.1");
    client.on("error", () => {});
    client.write(
      "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    await opened.promise;
    await service.stop();
    await service.finished;
    client.destroy();
  });

  for (
    const [how, event] of Object.entries({
      throws: () => {
        throw new Error("handler failed");
      },
      rejects: () => Promise.reject(new Error("handler failed")),
    })
  ) {
    it(`is closed with 1011, and logged, when an event ${how}`, async () => {
      const { service, ws, lines } = await serve(() => ({ onMessage: event as never }));
      const { socket, opened, closed } = open(ws);
      await opened;
      socket.send("x");
      assert.equal(await closed, 1011);
      const line = lines.find(({ message }) => message === "A WebSocket handler failed");
      assert.equal(line?.level, "error");
      assert.match(String(line?.fields.error), /handler failed/);
      await service.stop();
      await service.finished;
    });
  }

  it("is refused by an error of what makes its events", async () => {
    await using served = await serve(() => {
      throw new ForbiddenError();
    });
    const { service, ws, url } = served;
    assert.equal(await open(ws).opened, false);
    const text = await (await fetch(`${url}/metrics`)).text();
    assert.match(text, /endpoint="\/ws",status="403"\} 1/);
    await service.stop();
  });

  it("is refused, with what to do in the log, where the service does not accept WebSockets", async () => {
    await using served = await serve(() => ECHO, { websocket: false });
    const { service, ws, lines } = served;
    assert.equal(await open(ws).opened, false);
    const line = lines.find(({ message }) => message === "Request failed");
    assert.match(String(line?.fields.error), /createService\(\{ websocket: true \}\)/);
    await service.stop();
  });

  it("is a route like any other for a request without an upgrade, or for another protocol", async () => {
    await using served = await serve(() => ECHO);
    const { service, url } = served;
    assert.equal((await fetch(`${url}/ws`)).status, 404);
    const answer = await new Promise<string>((resolve) => {
      const client = connect(Number(new URL(url).port), "127.0.0.1");
      client.write(
        "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n\r\n",
      );
      client.on("data", (data) => {
        resolve(data.toString("latin1"));
        client.destroy();
      });
    });
    assert.match(answer, /^HTTP\/1\.1 4\d\d /);
    await service.stop();
  });
});
