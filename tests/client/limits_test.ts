import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { glamMiddleware } from "@glam/shared/api";
import { runWithContext } from "@glam/shared/context";
import { createMetrics } from "@glam/shared/metrics";
import { Hono } from "hono";
import { recordingLogger } from "../_support/recording_logger.ts";
import { byteServer, clientOf, failure } from "./_support.ts";

const params = { id: "7" };
const body = { id: "1" };
const outcome = (call: Promise<unknown>) => call.then(() => "ok", (error) => error);

describe("maxInFlight", () => {
  it("reached, one more call is refused at once with 503, and none waits in a queue", async () => {
    const answers: (() => void)[] = [];
    const transport = {
      fetch: () =>
        new Promise<Response>((resolve) => answers.push(() => resolve(Response.json({ data: { id: "7" } })))),
    };
    const client = clientOf({ transport, maxInFlight: 3 });
    const under = Array.from({ length: 3 }, () => outcome(client.GetItem({ params })));
    const error = await outcome(client.GetItem({ params })) as { status: number; code: string };
    assert.deepEqual([error.status, error.code], [503, "SERVICE_UNAVAILABLE"]);
    assert.equal(answers.length, 3);
    answers.forEach((answer) => answer());
    assert.deepEqual(await Promise.all(under), ["ok", "ok", "ok"]);
    const next = outcome(client.GetItem({ params }));
    await new Promise((resolve) => setTimeout(resolve));
    answers.at(-1)!();
    assert.equal(await next, "ok");
  });
});

describe("the metrics of a client", () => {
  it("name service, target, endpoint and how calls ended, and no more", async () => {
    const metrics = createMetrics({ service: "orders" });
    const answers: (() => Response | Promise<Response>)[] = [
      () => Response.json({ data: { id: "7" } }),
      () => new Response(null, { status: 503 }),
      () => Response.json({ data: { id: "7" } }),
      () =>
        Response.json({ error: { code: "NOT_FOUND", details: { upstream_status: 777 } } }, { status: 404 }),
      () => Promise.reject(new Error("reset")),
    ];
    const client = clientOf({ transport: { fetch: () => answers.shift()!() }, metrics });
    const gone = AbortSignal.abort();
    await outcome(client.GetItem({ params }));
    await outcome(client.GetItem({ params }));
    await outcome(client.GetItem({ params }));
    await outcome(client.AddItem({ body }));
    await outcome(client.AddItem({ body }, { signal: gone }));
    await runWithContext({ deadlineAt: 0 }, () => outcome(client.AddItem({ body })));
    const text = (await metrics.expose()).body;
    const lines = text.split("\n").filter((line) => /^http_client_(requests|retries|circuit)/.test(line));
    const add = 'http_client_requests_total{service="orders",target="catalog",endpoint="AddItem"';
    const get = 'http_client_requests_total{service="orders",target="catalog",endpoint="GetItem"';
    assert.deepEqual(lines.toSorted(), [
      'http_client_circuit_open{target="catalog"} 0',
      `${add},status="aborted"} 1`,
      `${add},status="connection"} 1`,
      `${add},status="timeout"} 1`,
      `${get},status="200"} 2`,
      `${get},status="404"} 1`,
      'http_client_retries_total{target="catalog",reason="503"} 1',
    ]);
    const labels = '{service="orders",target="catalog",endpoint="GetItem"}';
    assert.ok(text.includes(`\nhttp_client_request_duration_seconds_count${labels} 3\n`));
    client.close();
    assert.doesNotMatch((await metrics.expose()).body, /^http_client_requests_total\{/m);
  });
});

describe("credentials", () => {
  const secret = "s3cr3t";

  it("are in no error and no line of the log, not even where HTTP forbids them", async () => {
    const { logger, entries } = recordingLogger();
    await using server = await byteServer(({ nth, connection }, socket) => {
      if (nth + connection === 2) socket.write(failure(500, "INTERNAL_ERROR"));
      else socket.destroy();
    });
    const seen: unknown[] = [];
    for (const authorization of [`Bearer ${secret}`, `Bearer ${secret}\n`, `Bearer ${secret}\u0100`]) {
      await using client = clientOf({
        baseUrl: server.url,
        headers: { authorization },
        logger,
        retry: false,
      });
      for (let i = 0; i < 3; i++) seen.push(await outcome(client.AddItem({ body })));
      seen.push(await outcome(client.AddItem({ body }, { headers: { "x-key": `${secret}\r\n` } })));
    }
    assert.equal(seen.filter((error) => error === "ok").length, 0);
    assert.doesNotMatch(inspect([seen, entries], { depth: 12, showHidden: true }), new RegExp(secret));
    assert.ok(
      seen.some((error) =>
        /^Cannot call "POST \/items": the header "authorization" has/.test((error as Error).message)
      ),
    );
  });

  it("that cannot be had are the error of their source, and nothing is sent", async () => {
    const source = () => Promise.reject(new Error("no token"));
    await using server = await byteServer((_, socket) => socket.destroy());
    await using client = clientOf({ baseUrl: server.url, headers: source });
    assert.equal((await outcome(client.GetItem({ params })) as Error).message, "no token");
    assert.equal(server.seen.length, 0);
  });
});

describe("an error that the caller does not catch", () => {
  /** What a service of ours answers that asks a service which answers this. */
  async function answerTo(
    upstream: () => Response | Promise<Response>,
  ): Promise<{ response: Response; text: string; log: string }> {
    const { logger, entries } = recordingLogger();
    const client = clientOf({ transport: { fetch: upstream }, retry: false, logger });
    const app = new Hono();
    app.use(glamMiddleware({ service: "orders", logger, metrics: false }));
    app.get("/", async (c) => c.json(await client.GetItem({ params })));
    const { error } = console;
    console.error = () => {};
    try {
      const response = await app.request("/");
      return {
        response,
        text: await response.text(),
        log: JSON.stringify(entries) + inspect(entries, { depth: 8 }),
      };
    } finally {
      console.error = error;
    }
  }
  const error = (status: number, code: string, headers: Record<string, string> = {}) => () =>
    Response.json({ error: { code, message: "words of catalog", details: { a: 1 } } }, { status, headers });

  it("is answered as it is where the endpoint declares it", async () => {
    const { response, text } = await answerTo(error(409, "CONFLICT"));
    assert.equal(response.status, 409);
    assert.deepEqual(JSON.parse(text).error, {
      code: "CONFLICT",
      message: "words of catalog",
      details: { a: 1 },
    });
    const limited = await answerTo(error(429, "RATE_LIMITED", { "Retry-After": "7" }));
    assert.deepEqual([limited.response.status, limited.response.headers.get("retry-after")], [429, "7"]);
  });

  for (
    const [upstream, answered] of [
      [400, 502],
      [401, 502],
      [403, 502],
      [422, 502],
      [500, 502],
      [501, 502],
      [502, 502],
      [503, 503],
      [504, 504],
    ] as const
  ) {
    it(`is ${answered} where the service answered ${upstream}, which is named in the log alone`, async () => {
      const { response, text, log } = await answerTo(
        error(upstream, `OTHER_${upstream}`, { "Retry-After": "9" }),
      );
      assert.equal(response.status, answered);
      assert.doesNotMatch(text, /catalog|OTHER/);
      assert.equal(JSON.parse(text).error.code, "UPSTREAM_SERVICE_ERROR");
      assert.equal(response.headers.get("retry-after"), "9");
      assert.match(log, /catalog/);
    });
  }

  it("is 503 where the service cannot be reached", async () => {
    const { response, text } = await answerTo(() => Promise.reject(new Error("refused by catalog")));
    assert.equal(response.status, 503);
    assert.doesNotMatch(text, /catalog|refused/);
  });
});

describe("walking pages", () => {
  it("ends with an error where the service names an earlier page for ever", async () => {
    let sent = 0;
    const pages = (pagination: object) => ({
      fetch: () => (sent++, Response.json({ data: [{ id: "1" }], pagination })),
    });
    const list = clientOf({ transport: pages({ page: 1, has_next: true }) });
    await assert.rejects(Array.fromAsync(list.ListItems.items()), { status: 502, message: /an earlier one/ });
    const walk = clientOf({ transport: pages({ has_next: true, next_cursor: "a" }) });
    await assert.rejects(Array.fromAsync(walk.Walk.items()), { status: 502, message: /an earlier one/ });
    assert.equal(sent, 4);
    const wrong = clientOf({ transport: pages({ page: "1", has_next: true }) });
    await assert.rejects(wrong.ListItems(), { status: 502, message: /pagination/ });
  });
});
