import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { glamMiddleware, success } from "@glam/shared/api";
import { getContext, propagationHeaders, setContext } from "@glam/shared/context";
import { Hono } from "hono";
import { stream } from "hono/streaming";
import { byExtent } from "../_support/extent.ts";
import { exchangeOne, requestText } from "../_support/raw_http.ts";
import { serveApp } from "../_support/served_app.ts";

const REQUESTS = byExtent({ whole: 1_000, short: 300 });
/**
 * Connections that a server may be asked for before it has accepted them: fewer than its kernel keeps for it (511 on Node).
 * What comes in above that is dropped, comes again later and later, and is reset in the end where the server gets no CPU.
 */
const UNACCEPTED = 100;

/** What a place in the code sees of the context. */
function seen(): string {
  const context = getContext();
  return [context?.requestId, context?.correlationId, context?.traceparent?.slice(3, 35), context?.merchantId]
    .join(" ");
}

function tick(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Lets at most so many do something at a time; the others wait for their turn, in order. */
class Semaphore {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  async acquire(): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}

interface Self {
  url: string;
  /** Bounds the connections that the server has not accepted yet. */
  readonly unaccepted: Semaphore;
}

/** A service that waits until all requests are there, calls itself, and says at each step which context it sees. */
function createApp(self: Self): Hono {
  const app = new Hono();
  app.use(glamMiddleware({ service: "isolated", accessLog: false, timeoutMs: 600_000 }));
  const all = Promise.withResolvers<void>();
  const calls = new Semaphore(UNACCEPTED);
  let arrived = 0;
  app.get("/leaf", async (c) => {
    const before = seen();
    await tick(Math.random() * 5);
    return success(c, [before, seen()]);
  });
  app.get("/walk/:n", async (c) => {
    const n = Number(c.req.param("n"));
    const steps = [seen()];
    self.unaccepted.release();
    if (++arrived === REQUESTS) all.resolve();
    await all.promise;
    await tick(n % 7);
    setContext({ merchantId: `m${n}` });
    steps.push(seen());
    await Promise.all([
      tick(n % 5).then(() => void steps.push(seen())),
      new Promise<void>((resolve) =>
        queueMicrotask(() => {
          steps.push(seen());
          resolve();
        })
      ),
    ]);
    for (let i = 0; i < 2; i++) {
      await calls.acquire();
      const response = await fetch(`${self.url}/leaf`, { headers: propagationHeaders() });
      const { data, meta } = await response.json();
      calls.release();
      steps.push(...data.map((leaf: string) => `${leaf.trimEnd()} m${n}`));
      steps.push(`${meta.request_id} ${meta.correlation_id} ${seen().split(" ").slice(2).join(" ")}`);
      steps.push(seen());
    }
    c.header("Content-Type", "text/plain");
    return stream(c, async (out) => {
      for (const step of steps) await out.write(`${step}\n`);
      for (let i = 0; i < 3; i++) {
        await tick((n + i) % 4);
        await out.write(`${seen()}\n`);
      }
    });
  });
  return app;
}

describe("the context of a request", () => {
  it(`is never another's, with ${REQUESTS} at once that wait, call the service itself and stream`, async () => {
    const self: Self = { url: "", unaccepted: new Semaphore(UNACCEPTED) };
    await using server = await serveApp(createApp(self).fetch);
    self.url = server.url;

    const answers = await Promise.all(Array.from({ length: REQUESTS }, async (_, n) => {
      const trace = n.toString(16).padStart(32, "a");
      const request = requestText("GET", `/walk/${n}`, [
        ["X-Request-ID", `r${n}`],
        ["X-Correlation-ID", `c${n}`],
        ["traceparent", `00-${trace}-00000000000000ff-01`],
      ]);
      await self.unaccepted.acquire();
      return { n, trace, response: await exchangeOne(server.port, request) };
    }));

    for (const { n, trace, response } of answers) {
      assert.equal(response.status, 200);
      assert.equal(response.header("x-request-id"), `r${n}`);
      assert.equal(response.header("x-correlation-id"), `c${n}`);
      assert.ok(response.chunks.length > 1, "the answer was streamed");
      const [first, ...rest] = response.body.trimEnd().split("\n");
      assert.equal(first, `r${n} c${n} ${trace} `);
      assert.equal(rest.length, 3 + 2 * 4 + 3);
      assert.deepEqual(new Set(rest), new Set([`r${n} c${n} ${trace} m${n}`]));
    }
    assert.equal(getContext(), undefined);
  });
});
