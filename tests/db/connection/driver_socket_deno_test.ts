import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { it } from "node:test";
import { presentToDriver } from "../../../db/connection/_driver_socket.ts";
import type { Socket } from "../../../db/connection/_node.ts";
import { waitFor } from "../../_support/wait_for.ts";

// What postgres.js does to a socket on some runtimes only, and there only when two things happen in one tick: a query on
// Bun that is given to a connection which is destroyed before it is written.

class RecordingSocket extends EventEmitter {
  readonly written: Uint8Array[] = [];
  destroyed = false;
  write(chunk: Uint8Array): boolean {
    this.written.push(chunk);
    return true;
  }
  destroy(): void {
    this.destroyed = true;
  }
}

function present(onCancel: () => void = () => {}): { recorded: RecordingSocket; socket: Socket } {
  const recorded = new RecordingSocket();
  const socket = recorded as unknown as Socket;
  presentToDriver(socket, onCancel);
  return { recorded, socket };
}

/** A startup message of protocol 3.0 for the user `app`. */
const startup = Uint8Array.of(0, 0, 0, 18, 0, 3, 0, 0, ...new TextEncoder().encode("user\0app\0"), 0);
const query = new TextEncoder().encode("Q\0\0\0\rselect 1\0");

it("the first message of a connection is the startup message, without what was left from the one before", () => {
  const { recorded, socket } = present();
  socket.write(Uint8Array.of(...query, ...startup, ...startup));
  socket.write(query);
  assert.deepEqual(recorded.written, [startup, query]);
});

it("a connection on which the driver writes nothing is closed, so that it tries again", async () => {
  const used = present();
  used.socket.write(startup);
  const unused = present(); // later, so that it is looked at later
  await waitFor(() => unused.recorded.destroyed, "the connection is closed");
  assert.equal(used.recorded.destroyed, false);
});

it("a wish to cancel is passed on as it is, and told", () => {
  let told = 0;
  const { recorded, socket } = present(() => told++);
  const cancel = Uint8Array.of(0, 0, 0, 16, 4, 210, 22, 46, 0, 0, 0, 1, 0, 0, 0, 2);
  socket.write(cancel);
  assert.deepEqual(recorded.written, [cancel]);
  assert.equal(told, 1);
});

it("an error is told when the connection ends, and not before", () => {
  const { recorded, socket } = present();
  socket.write(startup);
  const told: unknown[] = [];
  socket.on("error", (error: Error) => told.push(error.message));
  socket.on("close", (hadError: boolean) => told.push(hadError));
  recorded.emit("error", new Error("reset"));
  assert.deepEqual(told, []);
  recorded.emit("close", true);
  assert.deepEqual(told, ["reset", false]);
});
