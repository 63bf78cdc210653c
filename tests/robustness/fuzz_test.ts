import assert from "node:assert/strict";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import { byExtent } from "../_support/extent.ts";
import { exchange, exchangeOne, requestText } from "../_support/raw_http.ts";
import { serveApp, type ServedApp } from "../_support/served_app.ts";
import {
  type Answer,
  checkAnswer,
  checkIds,
  checkNegotiation,
  checkSocketAnswer,
  KEPT_STATUSES,
} from "./_answers.ts";
import { captureErrors, createHostileApp } from "./_hostile_app.ts";
import { hostileBytes, hostileRequest, toRequest } from "./_hostile_requests.ts";

/** The same requests each time; `FUZZ_SEED` and `FUZZ_RUNS` look for others. */
const seed = Number(process.env["FUZZ_SEED"] ?? 20_251_123);
const runs = Number(process.env["FUZZ_RUNS"] ?? byExtent({ whole: 5_000, short: 2_000 }));
const socketRuns = byExtent({ whole: 400, short: 100 });
const CONNECTIONS = 40;

describe("an application under hostile requests", () => {
  const rejections: unknown[] = [];
  const keepRejection = (reason: unknown) => void rejections.push(reason);
  before(() => void process.on("unhandledRejection", keepRejection));
  after(() => void process.off("unhandledRejection", keepRejection));

  async function checkAftermath(errors: readonly unknown[]): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 0)); // a rejection is unhandled once its turn is over
    assert.deepEqual(rejections, []);
    assert.deepEqual(errors, [], "no request may look like a failure of the service");
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
    assert.deepEqual(Object.keys(Object.prototype), []);
  }

  it(`answers ${runs} of them with an envelope or a problem document, and none with a 5xx`, async () => {
    const logger = captureErrors();
    const app = createHostileApp(logger);
    const peer = { remoteAddr: { hostname: "10.1.2.3" } };
    const statuses = new Map<number, number>();
    let sent = 0;
    const property = fc.asyncProperty(hostileRequest, async (hostile) => {
      const request = toRequest(hostile);
      if (request === undefined) return;
      const isHead = request.method === "HEAD";
      const response = await app.fetch(request, peer);
      const answer: Answer = {
        status: response.status,
        body: await response.text(),
        isHead,
        header: (name) => response.headers.get(name) ?? undefined,
      };
      sent++;
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      checkAnswer(answer);
      checkIds(request, answer);
      checkNegotiation(request, answer);
    });
    // Some can not be a `Request` at all; those do not count.
    await fc.assert(property, { seed, numRuns: Math.ceil(runs * 1.25) });
    assert.ok(sent >= runs, `only ${sent} could be sent`);
    for (const status of KEPT_STATUSES) {
      assert.ok(statuses.has(status), `the requests should reach every kind of answer, none was ${status}`);
    }
    await checkAftermath(logger.errors);
    assert.ok(seriesOf(await scrape(app.fetch)) < 400, "metrics stay bounded");
  });

  it(`survives ${socketRuns} byte streams over a socket, and answers each that it can read`, async () => {
    const logger = captureErrors();
    const app = createHostileApp(logger);
    const failures: string[] = [];
    await using server: ServedApp = await serveApp(async (request, env) => {
      const response = await app.fetch(request, env);
      if (response.status >= 500) failures.push(`${response.status} to ${request.method} ${request.url}`);
      return response;
    });
    const streams = fc.sample(hostileBytes, { seed, numRuns: socketRuns });
    const queue = streams.entries();
    let answered = 0;
    // What came before these requests on other connections has been read and handled, as nothing in the application waits.
    const turn = async () => {
      for (let i = 0; i < 3; i++) await exchange(server.port, requestText("GET", "/things/7", []));
    };
    const work = async () => {
      for (const [i, { bytes, method, what }] of queue) {
        try {
          const { responses } = await exchange(server.port, bytes, { methods: [method], turn });
          for (const response of responses) if (checkSocketAnswer(response, method)) answered++;
        } catch (error) {
          const start = JSON.stringify(bytes.subarray(0, 600).toString("latin1"));
          throw new Error(`Stream ${i} (${what}): ${(error as Error).message}\n${start}`, { cause: error });
        }
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, work));
    assert.deepEqual(failures, []);
    assert.ok(answered > socketRuns / 4, `only ${answered} came through to the application`);
    const { body } = await exchangeOne(server.port, requestText("GET", "/things/7", []));
    assert.deepEqual(JSON.parse(body).data, { id: 7 }, "the server lives");
    await checkAftermath(logger.errors);
  });
});

async function scrape(fetch: (request: Request) => Response | Promise<Response>): Promise<string> {
  return await (await fetch(new Request("http://127.0.0.1/metrics"))).text();
}

function seriesOf(metrics: string): number {
  return metrics.split("\n").filter((line) => line.startsWith("http_requests_total{")).length;
}
