import { joinErrorToClose, presentToDriver } from "./_driver_socket.ts";
import { fullJitter } from "../../internal/backoff.ts";
import { sleep } from "../../internal/clock.ts";
import { type ConnectableSocket, nodeModule, type Socket } from "./_node.ts";
import type { Address } from "./_settings.ts";
import { StartupReader } from "./_startup.ts";
import { encrypt, firstEvent } from "./_tls.ts";

/** What {@link Sockets} is told. */
export interface SocketsOptions {
  readonly address: Address;
  readonly connectTimeoutMs: number;
  /** Called as soon as the connection of a backend is gone, before the driver hears of it. */
  onLost(key: string): void;
}

// A server that starts again is found within 0.2 s, and is not asked a thousand times a second meanwhile.
const RECONNECT = { minDelayMs: 10, maxDelayMs: 200, factor: 2 };

/**
 * The sockets of a pool.
 *
 * The driver is given them instead of opening its own, because only who holds a socket can give up on it: a connection
 * whose other end has vanished stays silent for as long as TCP likes, and no timeout of the server helps. Nothing here
 * rejects: the driver would lose a connection of its pool for ever, so a failure is a socket that fails.
 */
export class Sockets {
  readonly #options: SocketsOptions;
  readonly #open = new Set<Socket>();
  readonly #byKey = new Map<string, Socket>();
  #failures = 0;
  #closed = false;

  constructor(options: SocketsOptions) {
    this.#options = options;
  }

  /** The driver's option `socket`. */
  open(): Socket | Promise<Socket> {
    const delayMs = this.#failures === 0 ? 0 : fullJitter(this.#failures, RECONNECT);
    const { address } = this.#options;
    if (delayMs === 0 && (address.ssl === false || address.path !== undefined)) return this.#start();
    return this.#startLater(delayMs);
  }

  /** Gives up on the connection of a backend, where it is known: whatever waits for it fails when it has ended. */
  destroy(key: string, error: Error): boolean {
    const socket = this.#byKey.get(key);
    socket?.destroy(error);
    this.#options.onLost(key);
    return socket !== undefined;
  }

  /** Waits for at most `graceMs` until every connection has ended, and ends those that the driver has forgotten. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    const ended = [...this.#open].map((socket) =>
      new Promise<void>((resolve) => socket.once("close", resolve))
    );
    const patience = new AbortController();
    await Promise.race([Promise.all(ended), sleep(graceMs, patience.signal).catch(() => {})]);
    patience.abort();
    for (const socket of this.#open) socket.destroy();
  }

  #start(): Socket {
    const { address: { path, host, port } } = this.#options;
    const socket = this.#create();
    if (this.#closed) setTimeout(() => socket.destroy(failure("CONNECTION_ENDED", "The pool is closed")));
    else socket.connect(path === undefined ? { host, port } : { path });
    this.#watch(socket, this.#deadline([socket]));
    return socket;
  }

  async #startLater(delayMs: number): Promise<Socket> {
    if (delayMs > 0) await sleep(delayMs);
    const { address } = this.#options;
    if (address.ssl === false || address.path !== undefined || this.#closed) return this.#start();
    const socket = this.#create();
    const layers: Socket[] = [socket];
    const deadline = this.#deadline(layers);
    try {
      const connected = firstEvent(socket, "connect");
      socket.connect({ host: address.host, port: address.port });
      await connected;
      const encrypted = await encrypt(socket, address);
      if (encrypted !== socket) layers.unshift(this.#track(encrypted));
      this.#watch(encrypted, deadline);
      return encrypted;
    } catch (error) {
      clearTimeout(deadline);
      this.#failures++;
      socket.on("error", () => {});
      socket.destroy();
      return failed(error as Error);
    }
  }

  #create(): ConnectableSocket {
    const { Socket } = nodeModule("node:net");
    const socket = new Socket();
    socket.setNoDelay?.(true);
    this.#track(socket);
    return socket;
  }

  #track(socket: Socket): Socket {
    this.#open.add(socket);
    socket.once("close", () => this.#open.delete(socket));
    return socket;
  }

  /** Destroys the layers of a connection, the outermost first, unless it is open in time. */
  #deadline(layers: readonly Socket[]): ReturnType<typeof setTimeout> {
    const { connectTimeoutMs, address: { host, port } } = this.#options;
    return setTimeout(() => {
      const error = failure(
        "CONNECT_TIMEOUT",
        `No connection to ${host}:${port} within ${connectTimeoutMs} ms`,
      );
      for (const layer of layers) layer.destroy(error);
    }, connectTimeoutMs);
  }

  /** Sees a connection through its start, and remembers whose it is. */
  #watch(socket: Socket, deadline: ReturnType<typeof setTimeout>): void {
    const reader = new StartupReader();
    let started = false;
    let cancels = false;
    const onData = (chunk: Uint8Array) => {
      reader.read(chunk);
      if (!reader.ready) return;
      socket.off("data", onData);
      clearTimeout(deadline);
      started = true;
      this.#failures = 0;
      if (reader.key !== undefined) this.#byKey.set(reader.key, socket);
    };
    socket.on("data", onData);
    socket.once("end", () => {
      // Without an error the driver would try again, for ever and with the same query.
      if (!started && !cancels) {
        socket.destroy(failure("CONNECTION_CLOSED", "The server closed a connection that was starting"));
      }
    });
    socket.once("close", () => {
      clearTimeout(deadline);
      if (!started && !cancels) this.#failures++;
      const { key } = reader;
      if (key === undefined) return;
      if (this.#byKey.get(key) === socket) this.#byKey.delete(key);
      this.#options.onLost(key);
    });
    presentToDriver(socket, () => cancels = true);
  }
}

function failed(error: Error): Socket {
  const { Socket } = nodeModule("node:net");
  const socket = new Socket();
  joinErrorToClose(socket); // no more: what sees to the first write would close it without the error
  socket.write = () => true;
  // Later, when the driver listens.
  setTimeout(() => socket.destroy(error));
  return socket;
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
