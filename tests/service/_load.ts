import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";

/** What became of the requests of a load. */
export interface LoadResult {
  readonly sent: number;
  /** Statuses of the answers, and how many there were of each. */
  readonly statuses: Readonly<Record<number, number>>;
  /** Why requests got no answer. */
  readonly lost: readonly string[];
  /** Connections that were opened. */
  readonly connections: number;
}

/** A load that runs until it is stopped. */
export interface Load {
  /** The number of requests that have their answer. */
  answered(): number;
  /** Waits until the balancer has found a replica ready, or not. */
  seen(port: number, ready: boolean): Promise<void>;
  /** Sends no more, and waits for the answers. */
  stop(): Promise<LoadResult>;
}

const PROBE_MS = 20;

/**
 * Sends `perSecond` requests to the replicas at these ports that are ready, as a load balancer would: it probes
 * `/health/ready`, keeps connections and takes them again, and never sends a request twice.
 */
export function startLoad(ports: readonly number[], perSecond: number, path: (n: number) => string): Load {
  const replicas = ports.map((port) => new Replica(port));
  const statuses: Record<number, number> = {};
  const lost: string[] = [];
  const pending = new Set<Promise<void>>();
  let sent = 0;
  let answered = 0;
  const probing = setInterval(() => replicas.forEach((replica) => replica.probe()), PROBE_MS);
  const begunAt = performance.now();
  const sending = setInterval(() => {
    for (const due = (performance.now() - begunAt) * perSecond / 1000; sent < due; sent++) {
      const ready = replicas.filter(({ isReady }) => isReady);
      const replica = ready[sent % ready.length];
      if (replica === undefined) return; // before the first probe
      const work = replica.send(path(sent)).then(
        (status) => {
          answered++;
          statuses[status] = (statuses[status] ?? 0) + 1;
        },
        (error: Error) => void lost.push(`${replica.port}: ${error.message}`),
      );
      pending.add(work);
      work.finally(() => pending.delete(work));
    }
  }, 5);
  return {
    answered: () => answered,
    async seen(port, ready) {
      const replica = replicas.find((each) => each.port === port)!;
      while (replica.isReady !== ready) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    async stop() {
      clearInterval(sending);
      await Promise.all(pending);
      clearInterval(probing);
      replicas.forEach((replica) => replica.close());
      const connections = replicas.reduce((sum, replica) => sum + replica.connections, 0);
      return { sent, statuses, lost, connections };
    },
  };
}

/** One replica, and the connections to it. */
class Replica {
  readonly port: number;
  isReady = false;
  connections = 0;
  readonly #idle: Connection[] = [];
  #isProbing = false;

  constructor(port: number) {
    this.port = port;
  }

  async probe(): Promise<void> {
    if (this.#isProbing) return;
    this.#isProbing = true;
    try {
      const connection = await Connection.open(this.port);
      const { status } = await connection.request("GET", "/health/ready");
      connection.close();
      this.isReady = status === 200;
    } catch {
      this.isReady = false;
    } finally {
      this.#isProbing = false;
    }
  }

  async send(path: string): Promise<number> {
    let connection = this.#idle.pop();
    while (connection?.isClosed) connection = this.#idle.pop();
    if (connection === undefined) {
      this.connections++;
      connection = await Connection.open(this.port);
    }
    const { status, keep } = await connection.request("POST", path);
    if (keep) this.#idle.push(connection);
    else connection.close();
    return status;
  }

  close(): void {
    this.#idle.forEach((connection) => connection.close());
  }
}

/** A connection that is kept, by the letter of HTTP/1.1 and no kinder. */
class Connection {
  isClosed = false;
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #onData: () => void = () => {};
  #onEnd: (error: Error) => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (data) => {
      this.#received = Buffer.concat([this.#received, data as Uint8Array]);
      this.#onData();
    });
    socket.on("error", (error) => this.#end(error));
    socket.on("close", () => this.#end(new Error("closed without an answer")));
  }

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        socket.setNoDelay(true);
        resolve(new Connection(socket));
      });
    });
  }

  request(method: string, path: string): Promise<{ status: number; keep: boolean }> {
    return new Promise((resolve, reject) => {
      this.#onEnd = reject;
      this.#onData = () => {
        const head = this.#received.indexOf("\r\n\r\n");
        if (head < 0) return;
        const text = this.#received.subarray(0, head).toString("latin1");
        const length = Number(/^content-length: *(\d+)/im.exec(text)?.[1]);
        if (!Number.isInteger(length)) return reject(new Error(`no length in ${text}`));
        if (this.#received.length < head + 4 + length) return;
        this.#received = this.#received.subarray(head + 4 + length);
        this.#onEnd = () => {};
        this.#onData = () => {};
        const keep = !/^connection: *close/im.test(text);
        resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]), keep });
      };
      this.#socket.write(`${method} ${path} HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #end(error: Error): void {
    this.isClosed = true;
    this.#onEnd(error);
  }
}
