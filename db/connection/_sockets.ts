import { joinErrorToClose, presentToDriver } from "./_driver_socket.ts";
import { fullJitter } from "../../internal/backoff.ts";
import { sleep } from "../../internal/clock.ts";
import { type ConnectableSocket, nodeModule, type Socket } from "./_node.ts";
import type { Address } from "./_settings.ts";
import { StartupReader } from "./_startup.ts";
import { encrypt, firstEvent } from "./_tls.ts";

/** Options of {@link Sockets}. */
export interface SocketsOptions {
  readonly address: Address;
  readonly connectTimeoutMs: number;
  /** Called with the backend's key when its connection is closed, before the driver notices. */
  onLost(key: string): void;
}

// The pool reconnects within 0.2 s after a server has restarted, without busy-looping until then.
const RECONNECT = { minDelayMs: 10, maxDelayMs: 200, factor: 2 };

/**
 * Opens and owns the sockets of a pool.
 *
 * The driver gets its sockets from here, so that a socket can be destroyed at a deadline: a half-open connection stays
 * silent until TCP gives up, and no timeout of the server helps. {@link open} never rejects, because then the driver
 * would lose that connection of its pool for ever; it returns a socket that fails instead.
 */
export class Sockets {
  readonly #options: SocketsOptions;
  readonly #open = new Set<Socket>();
  readonly #byKey = new Map<string, Socket>();
  /** Emits `close` of a socket to the driver alone. */
  readonly #closers = new WeakMap<Socket, () => void>();
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

  /** Destroys the connection of a backend and returns whether it was known. Its queries fail when it has closed. */
  destroy(key: string, error: Error): boolean {
    const socket = this.#byKey.get(key);
    socket?.destroy(error);
    this.#options.onLost(key);
    return socket !== undefined;
  }

  /** Closes the connection of a backend on which nothing runs. The driver knows at once, and sends nothing more on it. */
  retire(key: string): void {
    const socket = this.#byKey.get(key);
    if (socket === undefined) return;
    this.#byKey.delete(key);
    this.#closers.get(socket)?.();
    this.#open.delete(socket); // the driver has removed the listener that does
    socket.destroy();
  }

  /** Waits up to `graceMs` for every connection to close, and destroys the rest. */
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

  /** Destroys the layers of a connection, the outermost first, unless it is ready in time. */
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

  /** Reads the startup of a connection: when it is ready, and the key of its backend. */
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
      // Without an error the driver would reconnect for ever with the same query.
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
    this.#closers.set(socket, presentToDriver(socket, () => cancels = true));
  }
}

function failed(error: Error): Socket {
  const { Socket } = nodeModule("node:net");
  const socket = new Socket();
  joinErrorToClose(socket); // not `presentToDriver`, which would destroy it without the error
  socket.write = () => true;
  // Later, when the driver has added its listeners.
  setTimeout(() => socket.destroy(error));
  return socket;
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
