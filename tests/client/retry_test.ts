import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ConflictError, isRetryableError, RateLimitedError, UpstreamServiceError } from "@glam/shared/errors";
import { ownClock } from "../_support/own_clock.ts";
import { type ByteServer, byteServer, type Client, clientOf, success } from "./_support.ts";

const params = { id: "7" };
const body = { id: "1" };

type Answer = () => Response | Promise<Response>;

const ok: Answer = () => Response.json({ data: { id: "7" } });
const refused =
  (status: number, headers: Record<string, string> = {}, code = `HTTP_${status}`): Answer => () =>
    Response.json({ error: { code, message: "No" } }, { status, headers });
const unreachable: Answer = () => Promise.reject(new TypeError("connection refused"));

/** A client of a service that gives these answers, the last one for ever, and what was sent. */
function answering(...answers: Answer[]): { client: Client; sent: Request[] } {
  const sent: Request[] = [];
  const fetch = (request: Request) => {
    sent.push(request);
    return answers[Math.min(sent.length, answers.length) - 1]!();
  };
  return { client: clientOf({ transport: { fetch }, retry: { attempts: 3 } }), sent };
}

const outcome = (call: Promise<unknown>) => call.then(() => "ok", (error) => error);

describe("a call is tried again", () => {
  for (
    const [what, first] of [
      ["a lost connection", unreachable],
      ...[429, 502, 503, 504].map((status) => [String(status), refused(status)] as const),
    ] as const
  ) {
    it(`after ${what}, where it has one effect however often it is sent`, async () => {
      const calls: ((client: Client) => Promise<unknown>)[] = [
        (client) => client.GetItem({ params }),
        (client) => client.PutItem({ params, body }),
        (client) => client.PayItem({ body }),
        (client) => client.AddItem({ body }, { idempotencyKey: 'a "key"' }),
      ];
      for (const call of calls) {
        const { client, sent } = answering(first, ok);
        assert.equal(await outcome(call(client)), "ok");
        assert.equal(sent.length, 2);
        const [one, two] = sent.map(({ headers }) => headers.get("idempotency-key"));
        assert.equal(one, two);
      }
      const { client, sent } = answering(first, ok);
      assert.ok(await outcome(client.AddItem({ body })) instanceof UpstreamServiceError);
      assert.equal(sent.length, 1);
    });
  }

  it("while the first attempt with its key still runs", async () => {
    const running = refused(409, { "Retry-After": "0" }, "IDEMPOTENCY_IN_PROGRESS");
    const { client, sent } = answering(unreachable, running, ok);
    assert.equal(await outcome(client.PayItem({ body })), "ok");
    assert.equal(new Set(sent.map(({ headers }) => headers.get("idempotency-key"))).size, 1);
    assert.equal(sent.length, 3);
    const error = await outcome(answering(running).client.PayItem({ body }));
    assert.deepEqual([(error as UpstreamServiceError).status, isRetryableError(error)], [502, true]);
  });

  it("after a 429 that the endpoint declares, which stays what it is thrown as", async () => {
    const limited = refused(429, { "Retry-After": "0" }, "RATE_LIMITED");
    const { client, sent } = answering(limited, limited, limited, ok);
    const error = await outcome(client.GetItem({ params }));
    assert.ok(error instanceof RateLimitedError);
    assert.equal(error.details.retry_after, 0);
    assert.equal(sent.length, 3);
  });

  it("not after other failures, whatever their details say", async () => {
    for (const status of [400, 404, 408, 500, 501]) {
      const { client, sent } = answering(refused(status, { "Retry-After": "0" }), ok);
      assert.ok(await outcome(client.GetItem({ params })) instanceof UpstreamServiceError);
      assert.equal(sent.length, 1, String(status));
    }
    const details = { upstream_status: 503, retryable: true, retry_after: 0 };
    const { client, sent } = answering(
      () => Response.json({ error: { code: "CONFLICT", message: "No", details } }, { status: 409 }),
    );
    assert.ok(await outcome(client.GetItem({ params })) instanceof ConflictError);
    assert.equal(sent.length, 1);
  });

  it("not when its caller has given up, nor while it waits", async () => {
    const caller = new AbortController();
    const reason = new Error("changed my mind");
    const { client, sent } = answering(() => {
      caller.abort(reason);
      return unreachable();
    });
    assert.equal(await outcome(client.GetItem({ params }, { signal: caller.signal })), reason);
    assert.equal(sent.length, 1);
    assert.equal(await outcome(client.GetItem({ params }, { signal: caller.signal })), reason);
    assert.equal(sent.length, 1);
  });

  it("never with `retry: false`", async () => {
    let sent = 0;
    const transport = { fetch: () => (sent++, unreachable()) };
    await outcome(clientOf({ transport, retry: false }).GetItem({ params }));
    assert.equal(sent, 1);
  });
});

describe("Retry-After", () => {
  const start = Date.UTC(2026, 0, 1);
  for (const [form, value] of [["seconds", "3"], ["a date", new Date(start + 3000).toUTCString()]] as const) {
    it(`in ${form} lengthens the delay`, async () => {
      using clock = ownClock(start);
      const { client, sent } = answering(refused(503, { "Retry-After": value }), ok);
      const call = outcome(client.GetItem({ params }));
      await clock.advance(2999);
      assert.equal(sent.length, 1);
      await clock.advance(1);
      assert.equal(await call, "ok");
      assert.equal(sent.length, 2);
    });
  }

  it("that is longer than the time that is left is not waited for, and is handed on", async () => {
    const { client, sent } = answering(refused(503, { "Retry-After": "60" }), ok);
    const error = await outcome(client.GetItem({ params }));
    assert.ok(error instanceof UpstreamServiceError);
    assert.deepEqual([error.status, error.details["retry_after"]], [503, 60]);
    assert.equal(sent.length, 1);
  });
});

describe("the budget of retries", () => {
  it("keeps 10,000 calls of a service that always fails within 1.2 times and 10 a second", async () => {
    using clock = ownClock();
    const { client, sent } = answering(unreachable);
    const calls: Promise<unknown>[] = [];
    const seconds = 20;
    for (let tick = 0; tick < seconds * 10; tick++) {
      for (let i = 0; i < 50; i++) calls.push(outcome(client.GetItem({ params })));
      await clock.advance(100);
    }
    await clock.advance(10_000);
    await Promise.all(calls);
    assert.equal(calls.length, 10_000);
    const most = 1.2 * calls.length + 10 * (seconds + 10);
    assert.ok(sent.length <= most, `${sent.length} requests, at most ${most}`);
    assert.ok(
      sent.length > 1.15 * calls.length,
      `${sent.length} requests: retries are not refused too early`,
    );
  });
});

/** Every connection serves one request, is kept, and dies at the second. */
const keepsOne = () =>
  byteServer(({ nth }, socket) => {
    if (nth === 1) socket.write(success({ id: "7" }));
    else socket.destroy();
  });
const posts = ({ seen }: ByteServer) => seen.filter(({ head }) => head.startsWith("POST "));

describe("over a connection that was kept and dies", () => {
  it("a request that is not repeatable arrives once, and its failure is retryable", async () => {
    await using server = await keepsOne();
    await using client = clientOf({ baseUrl: server.url, retry: false });
    for (let calls = 1; calls <= 6; calls++) {
      await outcome(client.GetItem({ params })); // opens a connection, or uses one up
      const error = await outcome(client.AddItem({ body }));
      if (error !== "ok") assert.equal(isRetryableError(error), true);
      await outcome(client.Upload({ form: { name: "a" } }));
      assert.equal(posts(server).length, 2 * calls);
    }
  });

  it("a request with a key may arrive twice, with the same key, and succeeds", async () => {
    await using server = await keepsOne();
    // Node keeps more connections than it needs: a second attempt may be over another one that dies.
    await using client = clientOf({ baseUrl: server.url, retry: { attempts: 5 } });
    for (let calls = 1; calls <= 4; calls++) assert.equal(await outcome(client.PayItem({ body })), "ok");
    const keys = posts(server).map(({ head }) => /^idempotency-key: (.*)$/im.exec(head)?.[1]);
    assert.equal(new Set(keys).size, 4);
    assert.ok(keys.length > 4, "one came again, or else no connection was kept");
  });

  const onDeno = "Deno" in globalThis;
  it("it is the same on a Deno that gives no HTTP clients", { skip: !onDeno }, async (t) => {
    const { Deno } = globalThis as unknown as { Deno: { createHttpClient?: unknown } };
    const { createHttpClient } = Deno;
    t.after(() => void (Deno.createHttpClient = createHttpClient));
    Deno.createHttpClient = undefined;
    await using server = await keepsOne();
    await using client = clientOf({ baseUrl: server.url, retry: false });
    for (let calls = 0; calls < 3; calls++) {
      await outcome(client.GetItem({ params }));
      await outcome(client.AddItem({ body }));
      await outcome(client.Upload({ form: { name: "a" } }));
    }
    const bodies = posts(server).map(({ body }) => body);
    assert.equal(bodies.length, 6);
    assert.match(bodies[0]!, /\{"id":"1"\}/);
    assert.match(bodies[1]!, /name="name"\r\n\r\na\r\n/);
  });
});
