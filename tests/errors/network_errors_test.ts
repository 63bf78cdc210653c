import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import { test } from "node:test";
import {
  type GlamError,
  InternalError,
  isRetryableError,
  RequestTimeoutError,
  toGlamError,
  UpstreamServiceError,
} from "@glam/shared/errors";
import { freePort } from "../_support/free_port.ts";

/** A TCP server on a free port of 127.0.0.1. */
async function listen(onSocket: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function failureOf(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  assert.fail("Expected a failure");
}

function assertUpstream(cause: unknown): void {
  const error: GlamError = toGlamError(cause);
  assert.equal(error.constructor, UpstreamServiceError, String(cause));
  assert.equal(error.message, "Upstream service could not be reached");
  assert.deepEqual(error.details, { retryable: true });
  assert.equal(error.cause, cause);
  assert.equal(isRetryableError(cause), true);
}

function assertTimeout(cause: unknown, retryable = true): void {
  const error: GlamError = toGlamError(cause);
  assert.equal(error.constructor, RequestTimeoutError, String(cause));
  assert.deepEqual(error.details, { retryable });
  assert.equal(error.cause, cause);
  assert.equal(isRetryableError(cause), retryable);
}

test("a fetch to a closed port is a retryable UpstreamServiceError", async () => {
  const port = await freePort();
  assertUpstream(await failureOf(() => fetch(`http://127.0.0.1:${port}/`)));
});

test("a fetch to a name that does not exist is a retryable UpstreamServiceError", async () => {
  assertUpstream(await failureOf(() => fetch("http://host.invalid/")));
});

test("a fetch whose connection is closed without an answer is a retryable UpstreamServiceError", async () => {
  await using server = await listen((socket) => socket.on("data", () => socket.destroy()));
  assertUpstream(await failureOf(() => fetch(server.url)));
});

test("a body that breaks off is a retryable UpstreamServiceError", async () => {
  await using server = await listen((socket) =>
    socket.on("data", () => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc"))
  );
  assertUpstream(await failureOf(async () => await (await fetch(server.url)).text()));
});

test("a socket to a closed port is a retryable UpstreamServiceError", async () => {
  const port = await freePort();
  const { connect } = await import("node:net");
  assertUpstream(
    await failureOf(() => new Promise((_, reject) => connect(port, "127.0.0.1").on("error", reject))),
  );
});

test("a fetch that AbortSignal.timeout ends is a retryable RequestTimeoutError", async () => {
  await using server = await listen(() => {});
  assertTimeout(await failureOf(() => fetch(server.url, { signal: AbortSignal.timeout(5) })));
});

test("a fetch that is aborted is a RequestTimeoutError that is not retryable", async () => {
  const controller = new AbortController();
  await using server = await listen((socket) => socket.on("data", () => controller.abort()));
  assertTimeout(await failureOf(() => fetch(server.url, { signal: controller.signal })), false);
});

test("a mistake in the call of fetch is not an outage", async () => {
  for (const url of ["http://", "foo://x"]) {
    const cause = await failureOf(() => fetch(url));
    assert.equal(toGlamError(cause).constructor, InternalError, String(cause));
    assert.equal(isRetryableError(cause), false);
  }
});

test("an error named TimeoutError is a timeout, whoever made it", () => {
  assertTimeout(new DOMException("The operation timed out", "TimeoutError"));
  assertTimeout(
    Object.assign(new Error("Promise timed out after 50 milliseconds"), { name: "TimeoutError" }),
  );
  assertTimeout(new DOMException("timeout", "TimeoutError")); // not NATS, whose errors have no code
});

const codes = ["ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "EAI_AGAIN", "EPIPE", "UND_ERR_SOCKET"];
for (const code of [...codes, "ConnectionRefused", "ConnectionClosed", "FailedToOpenSocket"]) {
  test(`code ${code}, of the error or of its cause, is a retryable UpstreamServiceError`, () => {
    assertUpstream(Object.assign(new Error("x"), { code }));
    assertUpstream(new TypeError("x", { cause: Object.assign(new Error("y"), { code }) }));
  });
}

for (
  const code of ["ETIMEDOUT", "UND_ERR_CONNECT_TIMEOUT", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"]
) {
  test(`code ${code}, of the error or of its cause, is a retryable RequestTimeoutError`, () => {
    assertTimeout(Object.assign(new Error("x"), { code }));
    assertTimeout(new TypeError("fetch failed", { cause: Object.assign(new Error("y"), { code }) }));
  });
}

test("fetch failures are known by the texts of the runtimes", () => {
  const url = "http://catalog/";
  assertUpstream(new TypeError("fetch failed"));
  assertUpstream(
    new TypeError(`error sending request for url (${url}): client error (Connect): tcp connect error`),
  );
  assertUpstream(new Error("Unable to connect. Is the computer able to access the url?"));
  assertUpstream(new Error("Network connection lost."));
  const connectTimeout = new Error(
    "client error (Connect): tcp connect error: Connection timed out (os error 110)",
  );
  assertTimeout(new TypeError("fetch failed", { cause: connectTimeout }));
});
