import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import process from "node:process";
import { describe, it } from "node:test";
import { MessageBusError } from "@glam/shared/errors";
import { connectNats } from "@glam/shared/messaging";

const INFO = 'INFO {"server_id":"X","version":"2.10.0","proto":1,"headers":true,"max_payload":1048576}\r\n';

/** A server that says hello, and answers what comes with `answer`. */
async function serve(answer: (socket: Socket, text: string) => void) {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (data) => answer(socket, String(data)));
    socket.write(INFO);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `nats://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, "close");
    },
  };
}

/**
 * Runs `work` against the server at a port, and gives the errors that nobody caught meanwhile, which would end a service:
 * until the reset of a connection that was made afterwards has been heard of.
 */
async function uncaughtDuring(port: number, work: () => Promise<void>): Promise<unknown[]> {
  const errors: unknown[] = [];
  const note = (error: unknown) => errors.push(error);
  process.on("uncaughtException", note);
  try {
    await work();
    await resetOf(port);
    await new Promise((resolve) => setTimeout(resolve, 0));
  } finally {
    process.off("uncaughtException", note);
  }
  return errors;
}

/** Resolves when a connection that the server resets is closed. */
function resetOf(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  const timer = setInterval(() => socket.write("CONNECT {}\r\n"), 5); // it resets at the first chunk, or at another one
  return new Promise((resolve) => {
    socket.on("error", () => {}).on("close", () => {
      clearInterval(timer);
      resolve();
    }).resume();
  });
}

describe("a connection that the server resets", () => {
  it("is refused where the server refuses the credentials first, and no error reaches the process", async () => {
    await using server = await serve((socket) => {
      socket.write("-ERR 'Authorization Violation'\r\n", () => socket.resetAndDestroy());
    });
    const errors = await uncaughtDuring(server.port, async () => {
      for (let i = 0; i < 20; i++) {
        await assert.rejects(connectNats({ servers: server.url }), (error) => {
          assert.ok(error instanceof MessageBusError);
          assert.equal(error.kind, "refused", error.message);
          return true;
        });
      }
    });
    assert.deepEqual(errors, []);
  });

  it("closes like any other when it is being closed, and no error reaches the process", async () => {
    let chunks = 0;
    await using server = await serve((socket, text) => {
      if (text.includes("PING")) socket.write("PONG\r\n");
      if (chunks++ % 2 === 1) socket.resetAndDestroy();
    });
    const errors = await uncaughtDuring(server.port, async () => {
      for (let i = 0; i < 20; i++) await (await connectNats({ servers: server.url })).close();
    });
    assert.deepEqual(errors, []);
  });
});
