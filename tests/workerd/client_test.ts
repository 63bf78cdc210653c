import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type ByteServer, byteServer, response } from "../client/_support.ts";
import type { Json } from "../api/_support.ts";
import { bundleWorker, type RunningWorker, startWorker } from "../_support/workerd.ts";

/** What the server outside answers, by the path that is asked for. */
const ANSWERS: Readonly<Record<string, string | undefined>> = {
  html: response(502, "<h1>Bad Gateway</h1>", { "Content-Type": "text/html" }),
  gigabyte: `HTTP/1.1 200 OK\r\nContent-Length: ${2 ** 30}\r\n\r\n{`,
  redirect: response(302, "", { Location: "/items/html" }),
  wrong: response(200, '{"data":{"id":7}}'),
  hangs: "",
};

describe("a client on workerd", () => {
  let upstream: ByteServer;
  let worker: RunningWorker;
  before(async () => {
    upstream = await byteServer(({ head }, socket) => {
      const answer = ANSWERS[/^GET \/items\/(\w+)/.exec(head)?.[1] ?? ""];
      if (answer === undefined) socket.destroy();
      else socket.write(answer);
    });
    worker = await startWorker(await bundleWorker("client"), "client", { UPSTREAM: upstream.url }, ["SELF"]);
  });
  after(async () => {
    // Undefined when the worker did not start, which is then the failure to report.
    await (worker as RunningWorker | undefined)?.[Symbol.asyncDispose]();
    await upstream[Symbol.asyncDispose]();
  });

  async function get(
    path: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: Json }> {
    const answer = await fetch(`${worker.url}${path}`, { headers });
    return { status: answer.status, body: await answer.json() };
  }

  test("gets data over a service binding, decoded, with the ids of its request", async () => {
    const { status, body } = await get("/ask/a%2Fb", { "X-Request-ID": "req_1" });
    assert.equal(status, 200, worker.logs());
    assert.deepEqual(body.data, {
      id: "a/b",
      made_at: "1970-01-01T00:00:00.000Z",
      asked_by: "req_1",
      year: 1970,
    });
  });

  test("throws the declared error over a service binding", async () => {
    const { status, body } = await get("/ask/none");
    assert.deepEqual([status, body.error.code, body.error.details], [404, "NOT_FOUND", { resource: "item" }]);
  });

  test("keeps its deadline, for one request of many at once", async () => {
    const [slow, ...others] = await Promise.all([
      get("/ask/slow?timeoutMs=300"),
      ...Array.from({ length: 20 }, (_, i) => get(`/ask/${i}`)),
    ]);
    assert.equal(slow.status, 504);
    assert.ok(others.every(({ status }) => status === 200), worker.logs());
  });

  const cases: readonly (readonly [path: string, name: string, status: number, message: RegExp])[] = [
    ["html", "UpstreamServiceError", 502, /answered 502/],
    ["gigabyte", "UpstreamServiceError", 502, /more than 10485760 bytes/],
    ["redirect", "UpstreamServiceError", 502, /redirect/],
    ["wrong", "UpstreamServiceError", 502, /data\.id/],
    ["hangs", "RequestTimeoutError", 504, /no answer within 1000 ms/],
    ["dies", "UpstreamServiceError", 503, /could not be reached/],
  ];
  for (const [path, name, status, message] of cases) {
    test(`fails as anywhere over the network: ${path}`, async () => {
      const { body } = await get(`/outside/${path}`);
      assert.deepEqual([body.data?.name, body.data?.status], [name, status], worker.logs());
      assert.match(body.data.message, message);
    });
  }
});
