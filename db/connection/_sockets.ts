import { joinErrorToClose, makeMutable, presentToDriver } from "./_driver_socket.ts";
import { fullJitter } from "../../internal/backoff.ts";
import { sleep } from "../../internal/clock.ts";
import { type ConnectableSocket, nodeModule, type Socket } from "./_node.ts";
import type { Address, Server } from "./_settings.ts";
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
  /** The index of the server to try first. */
  #preferred = 0;
  /** Connections in a row that were closed because their server is not one of those that are asked for. */
  #passedOver = 0;
  #closed = false;

  constructor(options: SocketsOptions) {
    this.#options = options;
  }

  /** The driver's option `socket`. */
  open(): Socket | Promise<Socket> {
    const delayMs = this.#failures === 0 ? 0 : fullJitter(this.#failures, RECONNECT);
    const { servers, ssl } = this.#options.address;
    if (delayMs === 0 && servers.length === 1 && (ssl === false || servers[0]!.path !== undefined)) {
      return this.#start(servers[0]!);
    }
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

  #start(server: Server): Socket {
    const socket = this.#create();
    if (this.#closed) setTimeout(() => socket.destroy(failure("CONNECTION_ENDED", "The pool is closed")));
    else socket.connect(targetOf(server));
    this.#watch(socket, this.#deadline([socket], server), server);
    return socket;
  }

  /** Connects to the first server that can be reached, beginning with the one that was used last. */
  async #startLater(delayMs: number): Promise<Socket> {
    if (delayMs > 0) await sleep(delayMs);
    const { servers } = this.#options.address;
    const first = this.#preferred;
    let error: unknown;
    for (let i = 0; i < servers.length; i++) {
      const at = (first + i) % servers.length;
      if (this.#closed) return this.#start(servers[at]!);
      try {
        const socket = await this.#connect(servers[at]!);
        this.#preferred = at;
        return socket;
      } catch (each) {
        error ??= each;
      }
    }
    this.#failures++;
    return failed(error as Error);
  }

  async #connect(server: Server): Promise<Socket> {
    const { ssl } = this.#options.address;
    const socket = this.#create();
    const layers: Socket[] = [socket];
    const deadline = this.#deadline(layers, server);
    try {
      const connected = firstEvent(socket, "connect");
      socket.connect(targetOf(server));
      await connected;
      const encrypted = ssl === false || server.path !== undefined
        ? socket
        : await encrypt(socket, ssl, server.host);
      if (encrypted !== socket) layers.unshift(this.#track(encrypted));
      this.#watch(encrypted, deadline, server);
      return encrypted;
    } catch (error) {
      clearTimeout(deadline);
      socket.on("error", () => {});
      socket.destroy();
      throw error;
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
  #deadline(layers: readonly Socket[], { host, port }: Server): ReturnType<typeof setTimeout> {
    const { connectTimeoutMs } = this.#options;
    return setTimeout(() => {
      const error = failure(
        "CONNECT_TIMEOUT",
        `No connection to ${host}:${port} within ${connectTimeoutMs} ms`,
      );
      for (const layer of layers) layer.destroy(error);
    }, connectTimeoutMs);
  }

  /** Whether the server is one of those that are asked for. */
  #isWanted(parameters: ReadonlyMap<string, string>): boolean {
    const { targetSessionAttrs, servers } = this.#options.address;
    const isStandby = parameters.get("in_hot_standby");
    if (targetSessionAttrs === "any" || isStandby === undefined) return true;
    const isReadOnly = isStandby === "on" || parameters.get("default_transaction_read_only") === "on";
    switch (targetSessionAttrs) {
      case "read-write":
        return !isReadOnly;
      case "read-only":
        return isReadOnly;
      case "primary":
        return isStandby === "off";
      case "standby":
        return isStandby === "on";
      case "prefer-standby":
        return isStandby === "on" || this.#passedOver >= servers.length;
    }
  }

  /** Closes a connection to a server that is not wanted. Without an error, the driver opens the next one. */
  #passOver(socket: Socket, server: Server): void {
    const { targetSessionAttrs, servers } = this.#options.address;
    this.#preferNext(server);
    if (++this.#passedOver < servers.length || targetSessionAttrs === "prefer-standby") {
      return void socket.destroy();
    }
    this.#passedOver = 0;
    socket.destroy(
      failure("CONNECTION_CLOSED", `No server is ${targetSessionAttrs}, as \`targetSessionAttrs\` says`),
    );
  }

  #preferNext(server: Server): void {
    const { servers } = this.#options.address;
    this.#preferred = (servers.indexOf(server) + 1) % servers.length;
  }

  /** Reads the startup of a connection: when it is ready, and the key of its backend. */
  #watch(socket: Socket, deadline: ReturnType<typeof setTimeout>, server: Server): void {
    const reader = new StartupReader();
    let mute = () => {};
    let started = false;
    let cancels = false;
    const onData = (chunk: Uint8Array) => {
      reader.read(chunk);
      if (!reader.ready) return;
      socket.off("data", onData);
      clearTimeout(deadline);
      started = true;
      this.#failures = 0;
      if (!this.#isWanted(reader.parameters)) {
        mute();
        return this.#passOver(socket, server);
      }
      this.#passedOver = 0;
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
      if (!started && !cancels) {
        this.#failures++;
        this.#preferNext(server);
      }
      const { key } = reader;
      if (key === undefined) return;
      if (this.#byKey.get(key) === socket) this.#byKey.delete(key);
      this.#options.onLost(key);
    });
    if (this.#options.address.targetSessionAttrs !== "any") mute = makeMutable(socket);
    this.#closers.set(socket, presentToDriver(socket, () => cancels = true));
  }
}

function targetOf({ path, host, port }: Server): object {
  return path === undefined ? { host, port } : { path };
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
