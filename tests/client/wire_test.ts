import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { describe, it } from "node:test";
import { isRetryableError, RequestTimeoutError, UpstreamServiceError } from "@glam/shared/errors";
import { recordingLogger } from "../_support/recording_logger.ts";
import { byteServer, clientOf, response, success } from "./_support.ts";

const params = { id: "7" };
const once = { retry: false } as const;

/** The failure behind us that a call ends with. */
async function failureOf(call: Promise<unknown>): Promise<UpstreamServiceError> {
  const error = await call.then(() => undefined, (error) => error);
  assert.ok(error instanceof UpstreamServiceError, String(error));
  assert.equal((error as { upstream?: string }).upstream, "catalog");
  return error;
}

describe("a server that", () => {
  it("dies before it answers: 503, retryable", async () => {
    await using server = await byteServer((_, socket) => socket.destroy());
    const client = clientOf({ baseUrl: server.url, ...once });
    const error = await failureOf(client.GetItem({ params }));
    assert.deepEqual([error.status, isRetryableError(error)], [503, true]);
    client.close();
  });

  it("is not there: 503, retryable", async () => {
    const server = await byteServer(() => {});
    await server[Symbol.asyncDispose]();
    await using client = clientOf({ baseUrl: server.url, ...once });
    const error = await failureOf(client.AddItem({ body: { id: "1" } }));
    assert.deepEqual([error.status, isRetryableError(error)], [503, true]);
  });

  it("hangs before the headers or within the body: a time-out", async () => {
    await using server = await byteServer(({ nth, connection }, socket) => {
      if (nth + connection > 2) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
    });
    await using client = clientOf({ baseUrl: server.url, timeoutMs: 60, ...once });
    await assert.rejects(client.GetItem({ params }), RequestTimeoutError);
    await assert.rejects(client.GetItem({ params }), RequestTimeoutError);
    await assert.rejects(client.AddItem({ body: { id: "1" } }), RequestTimeoutError);
    assert.equal(server.seen.length, 3);
  });

  it("sends half of a body: 502, and nobody asks again", async () => {
    await using server = await byteServer((_, socket) =>
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"data":{"id"')
    );
    await using client = clientOf({ baseUrl: server.url });
    const error = await failureOf(client.GetItem({ params }));
    assert.deepEqual([error.status, isRetryableError(error)], [502, false]);
    assert.equal(server.seen.length, 1);
  });

  it("sends half of a chunked body: 502, and nobody asks again", async () => {
    await using server = await byteServer((_, socket) =>
      socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nd\r\n{"data":{"id"\r\n')
    );
    await using client = clientOf({ baseUrl: server.url });
    assert.equal((await failureOf(client.GetItem({ params }))).status, 502);
    assert.equal(server.seen.length, 1);
  });

  it("says a smaller length than it sends: only that is the answer", async () => {
    await using server = await byteServer((_, socket) => {
      const bytes = success({ id: "7" });
      socket.end(bytes.replace(/Content-Length: \d+/, "Content-Length: 10"));
    });
    await using client = clientOf({ baseUrl: server.url, ...once });
    const error = await failureOf(client.GetItem({ params }));
    assert.match(error.message, /^catalog broke the contract of GET \/items\/:id: the body is no JSON/);
  });

  it("says 200 over an error, or a status without a body over data", async () => {
    const answers = [
      response(200, JSON.stringify({ error: { code: "NOT_FOUND", message: "No" } })),
      "HTTP/1.1 204 No Content\r\n\r\n",
      success({ id: 7 }),
    ];
    await using server = await byteServer((_, socket) => void socket.write(answers.shift()!));
    const { logger, entries } = recordingLogger();
    await using client = clientOf({ baseUrl: server.url, logger, ...once });
    for (const reason of [/data: /, /no JSON/, /data\.id: /]) {
      const error = await failureOf(client.GetItem({ params }));
      assert.equal(error.status, 502);
      assert.match(error.message, reason);
    }
    assert.deepEqual(entries.map(({ message }) => message), Array(3).fill("An answer breaks its contract"));
    assert.equal(entries[2]?.fields["body"], '{"data":{"id":7}}');
  });

  it("sends HTML: judged by its status, with the first KiB of it in the log", async () => {
    const html = `<h1>Bad Gateway</h1>${"x".repeat(5000)}`;
    await using server = await byteServer((_, socket) =>
      void socket.write(response(502, html, { "Content-Type": "text/html" }))
    );
    const { logger, entries } = recordingLogger();
    await using client = clientOf({ baseUrl: server.url, logger, ...once });
    const error = await failureOf(client.GetItem({ params }));
    assert.deepEqual([error.status, error.details["upstream_status"]], [502, 502]);
    assert.equal(entries[0]?.fields["body"], html.slice(0, 1024));
    assert.equal(JSON.stringify(error).includes("Bad Gateway"), false);
  });

  it("answers with a redirect: 502, and it is not followed", async () => {
    await using server = await byteServer((_, socket) =>
      void socket.write(response(307, "", { Location: "/elsewhere?token=s3cret" }))
    );
    await using client = clientOf({ baseUrl: server.url, headers: { authorization: "Bearer s3cret" } });
    const error = await failureOf(client.AddItem({ body: { id: "1" } }));
    assert.deepEqual([error.status, isRetryableError(error)], [502, false]);
    assert.match(error.message, /redirect/);
    assert.doesNotMatch(String(error.stack), /s3cret/);
    assert.equal(server.seen.length, 1);
  });
});

describe("an answer of more bytes than maxAnswerBytes", () => {
  const tooMuch = /^catalog broke the contract of GET \/items\/:id: its answer has more than 10485760 bytes$/;

  it("is given up at its length, of a gigabyte nothing is read", async () => {
    await using server = await byteServer((_, socket) =>
      void socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${2 ** 30}\r\n\r\n{`)
    );
    await using client = clientOf({ baseUrl: server.url });
    assert.match((await failureOf(client.GetItem({ params }))).message, tooMuch);
    assert.equal(server.seen.length, 1);
  });

  it("is given up where the limit is, of a gigabyte without a length", async () => {
    const chunk = `10000\r\n${" ".repeat(65_536)}\r\n`;
    let sent = 0;
    await using server = await byteServer((_, socket) => {
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      const more = () => {
        while (sent < 2 ** 30 && !socket.destroyed) {
          sent += 65_536;
          if (!socket.write(chunk)) return void socket.once("drain", more);
        }
      };
      more();
    });
    await using client = clientOf({ baseUrl: server.url });
    assert.match((await failureOf(client.GetItem({ params }))).message, tooMuch);
    assert.ok(sent < 2 ** 28, `${sent} bytes were sent`);
  });

  it("is counted as it is read, not as it was compressed", async () => {
    const small = gzipSync(JSON.stringify({ data: { id: "x".repeat(30 * 2 ** 20) } }));
    await using server = await byteServer((_, socket) => {
      const head = `Content-Encoding: gzip\r\nContent-Length: ${small.byteLength}\r\n\r\n`;
      socket.write(`HTTP/1.1 200 OK\r\n${head}`);
      socket.write(small);
    });
    await using client = clientOf({ baseUrl: server.url });
    assert.match((await failureOf(client.GetItem({ params }))).message, tooMuch);
  });

  it("is given up over a transport that lies about its length", async () => {
    let pulled = 0;
    const lying = () => {
      const body = new ReadableStream({
        pull(controller) {
          pulled++;
          controller.enqueue(new Uint8Array(2 ** 20));
        },
      });
      return new Response(body, { headers: { "Content-Length": "10" } });
    };
    await using client = clientOf({ transport: { fetch: lying } });
    assert.match((await failureOf(client.GetItem({ params }))).message, tooMuch);
    assert.ok(pulled < 20, `${pulled} MiB were pulled`);
  });

  it("does not hide the status of an error", async () => {
    await using server = await byteServer((_, socket) =>
      void socket.write(`HTTP/1.1 503 Not Now\r\nContent-Length: ${2 ** 30}\r\n\r\n`)
    );
    await using client = clientOf({ baseUrl: server.url, ...once });
    assert.equal((await failureOf(client.GetItem({ params }))).details["upstream_status"], 503);
  });
});
