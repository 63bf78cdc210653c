import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  connectNats,
  createResponder,
  CreditDeducted,
  decodeEvent,
  defineRequest,
  Streams,
} from "@glam/shared/messaging";
import * as z from "zod";
import { type NatsServer, startNats } from "../_support/nats_server.ts";
import { bundleWorker, type RunningWorker, startWorker } from "../_support/workerd.ts";

describe("a bus on workerd", () => {
  let server: NatsServer;
  let worker: RunningWorker;
  before(async () => {
    [server, worker] = await Promise.all([
      startNats(),
      bundleWorker("publisher").then((bundle) => startWorker(bundle, "publisher")),
    ]);
  });
  after(async () => {
    // Undefined when one of them did not start, which is then the failure to report.
    await (worker as RunningWorker | undefined)?.[Symbol.asyncDispose]();
    await (server as NatsServer | undefined)?.stop();
  });

  async function post(
    path: string,
    body: object,
  ): Promise<{ status: number; data: Record<string, unknown> }> {
    const response = await fetch(`${worker.url}${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Correlation-ID": "corr_edge" },
      body: JSON.stringify(body),
    });
    const { data, error } = await response.json();
    return { status: response.status, data: data ?? error };
  }

  test("publishes over a WebSocket into a real stream, each request once", async () => {
    const account = server.account();
    const body = { servers: server.webSocketUrl, ...account, data: CreditDeducted.examples![0] };
    for (const [key, duplicate] of [["one", false], ["one", true], ["two", false]] as const) {
      const { status, data } = await post("/publish", { ...body, key });
      assert.equal(status, 200, `${JSON.stringify(data)}\n${worker.logs()}`);
      assert.deepEqual([data["stream"], data["duplicate"]], [Streams.EVENTS, duplicate]);
    }
    await using bus = await connectNats({ servers: server.url, ...account });
    assert.equal((await bus.streamInfo(Streams.EVENTS))?.messages, 2);
    const stored = await bus.readMessage(Streams.EVENTS, { sequence: 1 });
    const { event } = decodeEvent(CreditDeducted, stored!.data);
    assert.deepEqual(event?.data, CreditDeducted.examples![0]);
    assert.deepEqual([event?.source_service, event?.correlation_id], ["edge", "corr_edge"]);
    assert.equal(stored?.headers.get("X-Correlation-ID"), "corr_edge");
  });

  test("publishes for many requests at a time", async () => {
    const account = server.account();
    const body = { servers: server.webSocketUrl, ...account, data: CreditDeducted.examples![0] };
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => post("/publish", { ...body, key: String(i) })),
    );
    assert.deepEqual(answers.map(({ status }) => status), Array(20).fill(200));
    await using bus = await connectNats({ servers: server.url, ...account });
    assert.equal((await bus.streamInfo(Streams.EVENTS))?.messages, 20);
  });

  test("sends requests", async () => {
    const account = server.account();
    await using bus = await connectNats({ servers: server.url, ...account });
    await using responder = createResponder(bus, { service: "echo" });
    const text = { text: z.string() };
    const Echo = defineRequest("rpc.echo.v1", { request: z.object(text), response: z.object(text) });
    await responder.respond(Echo, ({ data }) => ({ text: `${data.text}!` }));
    const { data } = await post("/ask", { servers: server.webSocketUrl, ...account, text: "hello" });
    assert.deepEqual(data, { text: "hello!" });
  });

  test("refuses consumers and TCP, and says why", async () => {
    const consumer = await post("/consume", { servers: server.webSocketUrl, ...server.account() });
    assert.equal(consumer.data["kind"], "unsupported");
    assert.match(String(consumer.data["message"]), /does not outlive its request/);
    const tcp = await post("/tcp", {});
    assert.match(String(tcp.data["message"]), /Cannot connect by TCP on workerd/);
  });
});
