import type { Socket } from "./_node.ts";
import { isCancelRequest, startupMessage } from "./_startup.ts";

type Listener = (...values: never[]) => void;
type Once = Socket["once"];

declare function setImmediate(callback: () => void): unknown;

/**
 * Works around two faults of the driver.
 *
 * - `error` is emitted together with `close`. Between the two the driver would still send queries that are never
 *   rejected, and that later get the results of other queries.
 * - The first write contains only the startup message. When a connection closes, the driver keeps what it has not yet
 *   written, and writes it in front of the next startup message.
 *
 * `onCancel` is called when the connection only carries a cancel request.
 *
 * @returns a function that emits `close` to the driver alone, so that it sends nothing more on the socket.
 */
export function presentToDriver(socket: Socket, onCancel: () => void): () => void {
  mendFirstWrite(socket, onCancel);
  return joinErrorToClose(socket);
}

/** Returns a function after which the driver gets no more data of the socket. */
export function makeMutable(socket: Socket): () => void {
  const { on, removeListener } = socket;
  const listeners = new Map<Listener, Listener>();
  let isMuted = false;
  socket.on = (event, listener) => {
    if (event !== "data") return on.call(socket, event, listener) as typeof socket;
    const unlessMuted: Listener = (chunk) => !isMuted && listener(chunk);
    listeners.set(listener, unlessMuted);
    return on.call(socket, event, unlessMuted) as typeof socket;
  };
  socket.removeListener = (event, listener) =>
    removeListener.call(socket, event, listeners.get(listener) ?? listener) as typeof socket;
  return () => void (isMuted = true);
}

/** Delays `error` until `close`. Returns a function that emits `close` to the driver alone. */
export function joinErrorToClose(socket: Socket): () => void {
  const { on, once } = socket as { on: Once; once: Once };
  const onError: Listener[] = [];
  const onClose: Listener[] = [];
  let failure: Error | undefined;
  on.call(socket, "error", (error: Error) => failure ??= error);
  const wrap = (add: Once): Once => (event, listener) => {
    if (event === "error") onError.push(listener);
    else if (event !== "close") add.call(socket, event, listener);
    else {
      onClose.push(listener);
      add.call(socket, event, () => {
        if (failure !== undefined) { for (const each of onError.splice(0)) each(failure as never); }
        listener(false as never);
      });
    }
    return socket;
  };
  socket.on = wrap(on) as Socket["on"];
  socket.once = wrap(once) as Socket["once"];
  // The driver removes all listeners at `close`; a later error must not be unhandled.
  once.call(socket, "close", () => setTimeout(() => on.call(socket, "error", () => {})));
  return () => {
    for (const each of onClose.splice(0)) each(false as never);
    on.call(socket, "error", () => {});
  };
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
  // The driver writes at once, unless it wrongly assumes that a write is scheduled, which lasts until 1 KiB is buffered.
  // Closing the socket makes it buffer another startup message.
  setImmediate(() => setImmediate(() => !written && socket.destroy()));
}
