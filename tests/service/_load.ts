import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";
import { waitFor } from "../_support/wait_for.ts";

/** What became of the requests of a load. */
export interface LoadResult {
  readonly sent: number;
  /** Statuses of the answers, and how many there were of each. */
  readonly statuses: Readonly<Record<number, number>>;
  /** Why requests got no answer. */
  readonly lost: readonly string[];
}

/** A load that runs until it is stopped. */
export interface Load {
  /** The number of requests that have their answer. */
  answered(): number;
  /** The number of connections that were opened to a replica. */
  connections(url: string): number;
  /** Takes a replica in, and waits until it was found ready. */
  join(url: string): Promise<void>;
  /** Waits until a replica was found not ready and no client has a connection to it, and forgets it. */
  left(url: string): Promise<void>;
  /** Sends no more, and waits for the answers. */
  stop(): Promise<LoadResult>;
}

/** Clients that send at the same time. */
export const CLIENTS = 8;
const PROBE_MS = 20;
/** How long a client thinks about an answer: enough that this is a load and no benchmark. */
const THINK_MS = 25;

/**
 * Sends requests to replicas, as clients do behind the Services of Kubernetes: a new connection goes to what answers
 * `/health/ready` with 200, and stays where it is until the replica says that it closes it. Each client sends its next
 * request when it has the answer to its last, so the load is as much as the machine bears. No request is sent twice.
 */
export async function startLoad(urls: readonly string[], path: (n: number) => string): Promise<Load> {
  const replicas = new Map<string, Replica>();
  const statuses: Record<number, number> = {};
  const lost: string[] = [];
  let sent = 0;
  let answered = 0;
  let opened = 0;
  let isOver = false;

  function choose(): Replica {
    const ready = [...replicas.values()].filter(({ isReady }) => isReady);
    if (ready.length > 0) return ready[opened++ % ready.length]!;
    throw new Error(`not ready: ${[...replicas.values()].map(({ said }) => said).join(" | ")}`);
  }

  async function work(): Promise<void> {
    let replica: Replica | undefined;
    let connection: Connection | undefined;
    const leave = () => {
      connection?.close();
      if (replica !== undefined) replica.open--;
      replica = connection = undefined;
    };
    for (; !isOver; await new Promise((resolve) => setTimeout(resolve, THINK_MS))) {
      if (connection?.isClosed) leave();
      try {
        if (connection === undefined) {
          replica = choose();
          replica.open++;
          replica.opened++;
          connection = await Connection.open(replica.port);
        }
        const { status, keep } = await connection.request("POST", path(sent++));
        answered++;
        statuses[status] = (statuses[status] ?? 0) + 1;
        if (!keep) leave();
      } catch (error) {
        lost.push((error as Error).message);
        leave();
      }
    }
    leave();
  }

  const probing = setInterval(() => {
    for (const replica of replicas.values()) replica.probe();
  }, PROBE_MS);
  const join = async (url: string) => {
    const replica = new Replica(url);
    replicas.set(url, replica);
    await waitFor(() => replica.isReady, () => `a replica is ready: ${replica.said}`);
  };
  await Promise.all(urls.map(join));
  const clients = Array.from({ length: CLIENTS }, work);
  return {
    answered: () => answered,
    connections: (url) => replicas.get(url)!.opened,
    join,
    async left(url) {
      const replica = replicas.get(url)!;
      await waitFor(
        () => !replica.isReady && replica.open === 0,
        () => `a replica is left: it has ${replica.open} connections and said ${replica.said}`,
      );
      replicas.delete(url);
    },
    async stop() {
      isOver = true;
      await Promise.all(clients);
      clearInterval(probing);
      return { sent, statuses, lost };
    },
  };
}

/** One replica, as who probes it and who sends to it see it. */
class Replica {
  readonly port: number;
  isReady = false;
  /** What it said last. */
  said = "nothing yet";
  /** Connections that there are to it, or that are being opened. */
  open = 0;
  /** Connections that there ever were. */
  opened = 0;
  #isProbing = false;

  constructor(url: string) {
    this.port = Number(new URL(url).port);
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
