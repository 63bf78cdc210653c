import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { glamMiddleware, implement } from "@glam/shared/api";
import { createServiceClient } from "@glam/shared/client";
import { runWithContext } from "@glam/shared/context";
import { defineEndpoint } from "@glam/shared/contract";
import { RequestTimeoutError } from "@glam/shared/errors";
import { Hono } from "hono";
import * as z from "zod";
import { ownClock } from "../_support/own_clock.ts";
import { recordingLogger } from "../_support/recording_logger.ts";
import { clientOf } from "./_support.ts";

const Work = defineEndpoint("GET /work", { data: z.object({ done: z.boolean() }) });
const HEADER = "x-request-timeout-ms";

/** A service that works for `workMs`, then asks the next one, where there is one. */
function service(name: string, workMs: number, next?: Hono) {
  const { logger, entries } = recordingLogger();
  const app = new Hono();
  const seen: { header?: string | null; abortedAt?: number } = {};
  app.use(glamMiddleware({ service: name, logger, timeoutMs: 1000, metrics: false }));
  const client = next &&
    createServiceClient({ service: `behind ${name}`, endpoints: { Work }, transport: next, trusted: true });
  implement(app, Work, async ({ c, signal }) => {
    seen.header = c.req.raw.headers.get(HEADER);
    signal.addEventListener("abort", () => void (seen.abortedAt = Date.now()));
    await new Promise((resolve) => setTimeout(resolve, workMs));
    return client === undefined ? { done: true } : await client.Work();
  });
  return { app, entries, seen };
}

describe("the deadline of a call", () => {
  it("holds over three hops of a second each, by a clock that stands still between steps", async () => {
    using clock = ownClock();
    const third = service("third", 5000);
    const second = service("second", 400, third.app);
    const first = service("first", 300, second.app);
    const client = createServiceClient({
      service: "first",
      endpoints: { Work },
      transport: first.app,
      trusted: true,
      timeoutMs: 1000,
    });
    let endedAt: number | undefined;
    let error: unknown;
    client.Work().catch((thrown) => {
      error = thrown;
      endedAt = Date.now();
    });
    for (let ms = 0; ms < 1100; ms += 50) await clock.advance(50);
    assert.ok(error instanceof RequestTimeoutError || (error as { status?: number }).status === 504);
    assert.equal(endedAt, 1000);
    const hops = [first, second, third];
    assert.deepEqual(hops.map(({ seen }) => seen.header), ["1000", "700", "300"]);
    assert.deepEqual(hops.map(({ seen }) => seen.abortedAt), [1000, 1000, 1000]);
    const errors = [second, third].flatMap(({ entries }) => entries.filter(({ level }) => level === "error"));
    assert.deepEqual(errors, [], "to who is asked, it is not a failure that a caller waits no longer");
  });

  it("is the smallest of the call's, the client's and the context's, and goes to trusted services only", async () => {
    using _clock = ownClock();
    const sent: (string | null)[] = [];
    const transport = {
      fetch(request: Request) {
        sent.push(request.headers.get(HEADER));
        return Response.json({ data: { id: "7" } });
      },
    };
    const client = clientOf({ transport, timeoutMs: 2000, trusted: true });
    const params = { id: "7" };
    await client.GetItem({ params });
    await client.GetItem({ params }, { timeoutMs: 500 });
    await runWithContext(
      { deadlineAt: Date.now() + 80 },
      () => client.GetItem({ params }, { timeoutMs: 500 }),
    );
    await clientOf({ transport, timeoutMs: 2 ** 31 - 1, trusted: true }).GetItem({ params });
    await clientOf({ transport }).GetItem({ params });
    assert.deepEqual(sent, ["2000", "500", "80", "2147483647", null]);
  });

  it("that is over, or as good as over, sends nothing", async () => {
    let sent = 0;
    const transport = { fetch: () => (sent++, Response.json({ data: { id: "7" } })) };
    const client = clientOf({ transport });
    for (const left of [-1000, 0, 4]) {
      await runWithContext(
        { deadlineAt: Date.now() + left },
        () => assert.rejects(client.GetItem({ params: { id: "7" } }), RequestTimeoutError),
      );
    }
    const slow = clientOf({ transport, timeoutMs: 20, headers: () => new Promise<never>(() => {}) });
    await assert.rejects(slow.GetItem({ params: { id: "7" } }), RequestTimeoutError);
    assert.equal(sent, 0);
  });

  it("covers the waits between attempts, and the body", async () => {
    using clock = ownClock();
    const answers = [
      () => new Response(null, { status: 503 }),
      () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) })),
    ];
    const client = clientOf({ transport: { fetch: () => answers.shift()!() }, timeoutMs: 500 });
    const ended = client.GetItem({ params: { id: "7" } }).catch((error) => [error, Date.now()]);
    for (let ms = 0; ms < 500; ms += 10) await clock.advance(10);
    const [error, at] = await ended as [unknown, number];
    assert.ok(error instanceof RequestTimeoutError);
    assert.equal(at, 500);
    assert.equal(answers.length, 0);
  });

  it("is refused where it is no time", async () => {
    const client = clientOf({ transport: { fetch: () => new Response() } });
    for (const timeoutMs of [0, -1, NaN, Infinity]) {
      await assert.rejects(client.GetItem({ params: { id: "7" } }, { timeoutMs }), {
        name: "RangeError",
        message: /^Expected `timeoutMs` to be from 1 to 2147483647, got /,
      });
    }
  });
});

describe("a raw answer", () => {
  const csv = (signal: { value?: AbortSignal }, body: ReadableStream) => ({
    fetch(request: Request) {
      signal.value = request.signal;
      return new Response(body, { headers: { "Content-Type": "text/csv" } });
    },
  });

  it("ends deadline, attempts and maxInFlight with its headers", async () => {
    using clock = ownClock();
    const signal: { value?: AbortSignal } = {};
    let push!: (text: string | undefined) => void;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        push = (text) =>
          text === undefined ? controller.close() : controller.enqueue(new TextEncoder().encode(text));
      },
    });
    const client = clientOf({ transport: csv(signal, body), timeoutMs: 100, maxInFlight: 1 });
    const response = await client.Export();
    await clock.advance(10_000);
    assert.equal(signal.value!.aborted, false);
    const answered = await client.Export.raw().then(() => "let through", (error) => error);
    assert.notEqual((answered as { code?: string }).code, "SERVICE_UNAVAILABLE");
    push("a,b\n");
    push(undefined);
    assert.equal(await response.text(), "a,b\n");
  });

  it("still ends with the signal of its caller", async () => {
    const signal: { value?: AbortSignal } = {};
    const client = clientOf({ transport: csv(signal, new ReadableStream()) });
    const caller = new AbortController();
    await client.Export({}, { signal: caller.signal });
    caller.abort();
    assert.equal(signal.value!.aborted, true);
  });
});
