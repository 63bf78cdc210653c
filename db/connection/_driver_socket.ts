import type { Socket } from "./_node.ts";
import { isCancelRequest, startupMessage } from "./_startup.ts";

type Listener = (...values: never[]) => void;
type Once = Socket["once"];

declare function setImmediate(callback: () => void): unknown;

/**
 * Makes a socket behave towards the driver in the ways that it counts on.
 *
 * - An error is told together with the end of the connection. Between the two the driver would still send queries, which
 *   nobody would ever reject, and to which it would later give the answers of others.
 * - The first message is a startup message. The driver keeps what it had not written when a connection closed, and
 *   writes it in front of that.
 *
 * `onCancel` is called when the connection only carries the wish to cancel a query.
 */
export function presentToDriver(socket: Socket, onCancel: () => void): void {
  joinErrorToClose(socket);
  mendFirstWrite(socket, onCancel);
}

/** An error is told together with the end of the connection, and not before. */
export function joinErrorToClose(socket: Socket): void {
  const { on, once } = socket as { on: Once; once: Once };
  const onError: Listener[] = [];
  let failure: Error | undefined;
  on.call(socket, "error", (error: Error) => failure ??= error);
  const wrap = (add: Once): Once => (event, listener) => {
    if (event === "error") onError.push(listener);
    else if (event !== "close") add.call(socket, event, listener);
    else {
      add.call(socket, event, () => {
        if (failure !== undefined) { for (const each of onError.splice(0)) each(failure as never); }
        listener(false as never);
      });
    }
    return socket;
  };
  socket.on = wrap(on) as Socket["on"];
  socket.once = wrap(once) as Socket["once"];
  // The driver takes all listeners off when a connection closes; an error that comes later is nobody's.
  once.call(socket, "close", () => setTimeout(() => on.call(socket, "error", () => {})));
}

function mendFirstWrite(socket: Socket, onCancel: () => void): void {
  const { write } = socket;
  let written = false;
  socket.write = (chunk, ...rest) => {
    written = true;
    socket.write = write;
    if (isCancelRequest(chunk)) onCancel();
    else chunk = startupMessage(chunk);
    return socket.write(chunk, ...rest);
  };
  // The driver writes at once, unless it believes that a write is due which it has itself called off. It believes so
  // until 1 KiB has come together; closing makes it add another startup message.
  setImmediate(() => setImmediate(() => !written && socket.destroy()));
}
