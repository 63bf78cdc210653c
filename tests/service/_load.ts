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
  /** Waits until a replica was found ready, or not. */
  seen(port: number, ready: boolean): Promise<void>;
  /** Sends no more, and waits for the answers. */
  stop(): Promise<LoadResult>;
}

const PROBE_MS = 20;
/** As few that each is used several times within a grace. */
const MAX_CONNECTIONS = 32;

/**
 * Sends `perSecond` requests to the replicas at these ports, as a client does behind the Services of Kubernetes: new
 * connections go to what answers `/health/ready` with 200, those that are there stay where they are and are used in turn,
 * until the replica says that it closes them. No request is sent twice.
 */
export function startLoad(ports: readonly number[], perSecond: number, path: (n: number) => string): Load {
  const replicas = ports.map((port) => new Replica(port));
  const idle: Connection[] = [];
  const waiting: (() => void)[] = [];
  const statuses: Record<number, number> = {};
  const lost: string[] = [];
  const pending = new Set<Promise<void>>();
  let sent = 0;
  let answered = 0;
  let open = 0;
  let connections = 0;

  async function connected(): Promise<Connection> {
    for (;;) {
      const connection = idle.shift();
      if (connection?.isClosed) {
        open--;
        continue;
      }
      if (connection !== undefined) return connection;
      if (open < MAX_CONNECTIONS) {
        const ready = replicas.filter(({ isReady }) => isReady);
        if (ready.length === 0) throw new Error(`not ready: ${replicas.map(({ said }) => said).join(" | ")}`);
        open++;
        return await Connection.open(ready[connections++ % ready.length]!.port);
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  }

  async function send(n: number): Promise<void> {
    const connection = await connected();
    try {
      const { status, keep } = await connection.request("POST", path(n));
      answered++;
      statuses[status] = (statuses[status] ?? 0) + 1;
      if (!keep) connection.close();
    } finally {
      idle.push(connection);
      waiting.shift()?.();
    }
  }

  const probing = setInterval(() => replicas.forEach((replica) => replica.probe()), PROBE_MS);
  let begunAt: number | undefined;
  const sending = setInterval(() => {
    if (begunAt === undefined && replicas.every(({ isReady }) => isReady)) begunAt = performance.now();
    if (begunAt === undefined) return;
    for (const due = (performance.now() - begunAt) * perSecond / 1000; sent < due; sent++) {
      const work = send(sent).catch((error: Error) => void lost.push(error.message));
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
      idle.forEach((connection) => connection.close());
      return { sent, statuses, lost, connections };
    },
  };
}

/** One replica, as who probes it sees it. */
class Replica {
  readonly port: number;
  isReady = false;
  /** What it said last. */
  said = "";
  #isProbing = false;

  constructor(port: number) {
    this.port = port;
  }

  async probe(): Promise<void> {
    if (this.#isProbing) return;
    this.#isProbing = true;
    try {
      const connection = await Connection.open(this.port);
      const { status, body } = await connection.request("GET", "/health/ready");
      connection.close();
      this.isReady = status === 200;
      this.said = body;
    } catch (error) {
      this.isReady = false;
      this.said = String(error);
    } finally {
      this.#isProbing = false;
    }
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
    socket.on("end", () => this.isClosed = true);
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

  request(method: string, path: string): Promise<{ status: number; keep: boolean; body: string }> {
    return new Promise((resolve, reject) => {
      this.#onEnd = reject;
      this.#onData = () => {
        const head = this.#received.indexOf("\r\n\r\n");
        if (head < 0) return;
        const text = this.#received.subarray(0, head).toString("latin1");
        const length = Number(/^content-length: *(\d+)/im.exec(text)?.[1]);
        if (!Number.isInteger(length)) return reject(new Error(`no length in ${text}`));
        if (this.#received.length < head + 4 + length) return;
        const body = this.#received.subarray(head + 4, head + 4 + length).toString();
        this.#received = this.#received.subarray(head + 4 + length);
        this.#onEnd = () => {};
        this.#onData = () => {};
        const keep = !/^connection: *close/im.test(text);
        resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]), keep, body });
      };
      this.#socket.write(`${method} ${path} HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n`);
    });
  }

  close(): void {
    this.isClosed = true;
    this.#socket.destroy();
  }

  #end(error: Error): void {
    this.isClosed = true;
    this.#onEnd(error);
  }
}
