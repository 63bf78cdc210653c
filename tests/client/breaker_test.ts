import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CircuitOpenError, NotFoundError, RequestTimeoutError } from "@glam/shared/errors";
import { createMetrics } from "@glam/shared/metrics";
import { ownClock } from "../_support/own_clock.ts";
import { recordingLogger } from "../_support/recording_logger.ts";
import { type Client, clientOf } from "./_support.ts";

const params = { id: "7" };
const breaker = { failureRatio: 0.5, windowMs: 10_000, minRequests: 20, openMs: 5000 };

type Answer = (request: Request) => Response | Promise<Response>;
const ok: Answer = () => Response.json({ data: { id: "7" } });
const status = (code: number): Answer => () => new Response(null, { status: code });
const lost: Answer = () => Promise.reject(new TypeError("connection reset"));
const hang: Answer = () => new Promise(() => {});

/** A service whose answer can be changed, and a client of it with a circuit breaker. */
function open(options: Partial<Parameters<typeof clientOf>[0]> = {}) {
  const service = { answer: ok, sent: 0 };
  const transport = {
    fetch(request: Request) {
      service.sent++;
      return service.answer(request);
    },
  };
  const client = clientOf({ transport, retry: false, breaker, ...options });
  return { client, service };
}

const outcome = (call: Promise<unknown>) => call.then(() => "ok", (error) => error);
const call = (client: Client) => outcome(client.GetItem({ params }));

async function repeat(times: number, client: Client): Promise<void> {
  for (let i = 0; i < times; i++) await call(client);
}

// Cockatiel is imported by the first call: that takes longer than a clock that stands still.
await call(open().client);

describe("the circuit breaker opens", () => {
  for (
    const [what, answer] of [["lost connections", lost], ["500", status(500)], ["503", status(503)]] as const
  ) {
    it(`after ${what}, and then refuses at once with 503 and when to come back`, async () => {
      using clock = ownClock();
      const { client, service } = open();
      service.answer = answer;
      await repeat(20, client);
      assert.equal(service.sent, 20);
      await clock.advance(1000);
      const error = await call(client);
      assert.ok(error instanceof CircuitOpenError);
      assert.deepEqual([error.status, error.details["retry_after"]], [503, 4]);
      assert.equal(service.sent, 20);
    });
  }

  it("after time-outs", async () => {
    using clock = ownClock();
    const { client, service } = open({ timeoutMs: 100 });
    service.answer = hang;
    const calls = Array.from({ length: 20 }, () => call(client));
    await clock.advance(100);
    for (const error of await Promise.all(calls)) assert.ok(error instanceof RequestTimeoutError);
    assert.ok(await call(client) instanceof CircuitOpenError);
  });

  it("at the ratio, not below, and not with fewer than minRequests", async () => {
    const { client, service } = open();
    service.answer = lost;
    await repeat(19, client);
    assert.equal(service.sent, 19, "too few to judge");
    const half = open();
    await repeat(11, half.client);
    half.service.answer = status(502);
    await repeat(10, half.client);
    assert.equal(await call(half.client) instanceof CircuitOpenError, false, "10 of 21");
    assert.ok(await call(half.client) instanceof CircuitOpenError, "11 of 22");
  });

  it("not for failures that are older than the window", async () => {
    using clock = ownClock();
    const { client, service } = open();
    service.answer = lost;
    await repeat(19, client);
    await clock.advance(3_600_000);
    await repeat(19, client);
    assert.equal(service.sent, 38);
    assert.equal(await call(client) instanceof CircuitOpenError, false);
    assert.ok(await call(client) instanceof CircuitOpenError);
  });
});

describe("the circuit breaker does not count", () => {
  it("4xx, declared or not, 501 and an answer that breaks its contract", async () => {
    const { client, service } = open();
    const missing = () => Response.json({ error: { code: "NOT_FOUND", message: "No" } }, { status: 404 });
    for (
      const answer of [missing, status(400), status(401), status(429), status(501), () => Response.json({})]
    ) {
      service.answer = answer;
      await repeat(30, client);
    }
    assert.equal(service.sent, 180);
    service.answer = missing;
    assert.ok(await call(client) instanceof NotFoundError);
  });

  it("4xx as failures among answers: they are answers", async () => {
    const { client, service } = open();
    service.answer = status(404);
    await repeat(15, client);
    service.answer = status(503);
    await repeat(10, client);
    assert.equal(await call(client) instanceof CircuitOpenError, false, "10 of 25");
  });

  it("what its caller gave up", async () => {
    const { client, service } = open();
    service.answer = hang;
    for (let i = 0; i < 30; i++) {
      const caller = new AbortController();
      const given = outcome(client.GetItem({ params }, { signal: caller.signal }));
      caller.abort();
      await given;
    }
    service.answer = ok;
    assert.equal(await call(client), "ok");
  });
});

describe("half-open", () => {
  /** A client whose circuit has been open for long enough. */
  async function halfOpen(clock: { advance(ms: number): Promise<void> }) {
    const opened = open();
    opened.service.answer = lost;
    await repeat(20, opened.client);
    await clock.advance(5000);
    opened.service.sent = 0;
    return opened;
  }

  it("lets one of 50 calls through, refuses the others at once, and closes when it succeeds", async () => {
    using clock = ownClock();
    const { client, service } = await halfOpen(clock);
    const probe = Promise.withResolvers<Response>();
    service.answer = () => probe.promise;
    const calls = Array.from({ length: 50 }, () => call(client));
    const others = await Promise.all(calls.slice(1));
    assert.ok(others.every((error) => error instanceof CircuitOpenError));
    assert.equal(service.sent, 1);
    probe.resolve(await ok(new Request("http://a")));
    assert.equal(await calls[0], "ok");
    service.answer = ok;
    await repeat(50, client);
    assert.equal(service.sent, 51);
  });

  it("opens again when the probe fails", async () => {
    using clock = ownClock();
    const { client, service } = await halfOpen(clock);
    assert.equal(await call(client) instanceof CircuitOpenError, false);
    for (let i = 0; i < 50; i++) assert.ok(await call(client) instanceof CircuitOpenError);
    assert.equal(service.sent, 1);
    await clock.advance(5000);
    service.answer = ok;
    assert.equal(await call(client), "ok");
  });

  it("takes the next call for the probe when the caller of the first gives up", async () => {
    using clock = ownClock();
    const { client, service } = await halfOpen(clock);
    service.answer = hang;
    const caller = new AbortController();
    const given = outcome(client.GetItem({ params }, { signal: caller.signal }));
    await clock.advance(0);
    caller.abort();
    await given;
    service.answer = lost;
    assert.equal(await call(client) instanceof CircuitOpenError, false, "it is sent");
    assert.ok(await call(client) instanceof CircuitOpenError, "and its failure opens the circuit");
    assert.equal(service.sent, 2);
  });
});

it("a refusal between two attempts leaves the failure of the first", async () => {
  using clock = ownClock();
  const { client, service } = open({ retry: { attempts: 3 }, breaker: { ...breaker, minRequests: 1 } });
  service.answer = status(503);
  const error = call(client);
  await clock.advance(50);
  assert.equal((await error as { details: Record<string, unknown> }).details["upstream_status"], 503);
  assert.equal(service.sent, 1);
});

it("the state of the circuit is in the log and the metrics, one for each client", async () => {
  using clock = ownClock();
  const { logger, entries } = recordingLogger();
  const metrics = createMetrics({ service: "orders" });
  const { client, service } = open({ logger, metrics });
  const other = open();
  const isOpen = async () =>
    /^http_client_circuit_open\{target="catalog"\} (\d)$/m.exec((await metrics.expose()).body)?.[1];
  service.answer = lost;
  await repeat(20, client);
  assert.equal(await isOpen(), "1");
  assert.equal(await call(other.client), "ok");
  await clock.advance(5000);
  service.answer = ok;
  await call(client);
  assert.equal(await isOpen(), "0");
  assert.deepEqual(entries.map(({ level, message }) => [level, message]), [
    ["error", "The circuit breaker opens"],
    ["info", "The circuit breaker closes"],
  ]);
});
