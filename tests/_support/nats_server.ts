/**
 * Starts NATS servers for tests, on Deno, Bun and Node.
 *
 * A server has a folder and ports of its own, and ends with the process that started it, however that ends.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { promisify } from "node:util";
import { onFreePorts } from "./free_port.ts";
import { natsBinary } from "./nats_binary.ts";
import { type Certificates, makeCertificates } from "./nats_certificates.ts";
import { type SupervisedProcess, superviseProcess } from "./supervised_process.ts";
import { waitFor } from "./wait_for.ts";

/** Options of {@link startNats}. */
export interface NatsServerOptions {
  /** Clients must use TLS, with the certificates that the server's `certificates` name. */
  readonly tls?: boolean;
  /** Lines for the configuration file, such as `max_payload: 1024`. */
  readonly config?: string;
  /**
   * Whether every user is an account of its own.
   * @default true, unless `config` has an authorization of its own
   */
  readonly accounts?: boolean;
}

/** Credentials of a user in an account of its own, which shares no streams with others. */
export interface NatsAccount {
  readonly user: string;
  readonly pass: string;
}

/** A running NATS server with JetStream. */
export interface NatsServer extends AsyncDisposable {
  readonly port: number;
  /** For TCP, with TLS where it is on. */
  readonly url: string;
  /** For WebSockets. */
  readonly webSocketUrl: string;
  /** Of its own authority; there with `tls`. */
  readonly certificates: Certificates | undefined;
  /** An account that no other test uses. */
  account(): NatsAccount;
  /** What it has logged so far. */
  logs(): Promise<string>;
  /** The memory of its process in bytes. */
  memoryBytes(): Promise<number>;
  /** Kills the server, as a crash of the machine would. */
  kill9(): Promise<void>;
  /** Suspends the process (SIGSTOP): connections stay open, and nothing is answered. */
  pause(): Promise<void>;
  /** Continues after `pause()`. */
  resume(): Promise<void>;
  /** Starts it again with the same ports and data, after a shutdown where it runs. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

const runFile = promisify(execFile);

const host = "127.0.0.1";
const ACCOUNTS = 200;

const STOP = `kill -CONT $pid
kill -TERM $pid
wait $pid`;

/** Starts a server of its own. */
export function startNats(options: NatsServerOptions = {}): Promise<NatsServer> {
  return onFreePorts(3, async ([port, webSocketPort, monitorPort]) => {
    const folder = await mkdtemp(`${tmpdir()}/glam-nats-`);
    const certificates = options.tls ? await makeCertificates(folder) : undefined;
    const tls = certificates === undefined
      ? ""
      : `tls { cert_file: "${certificates.certFile}", key_file: "${certificates.keyFile}" }`;
    await writeFile(
      `${folder}/nats.conf`,
      `listen: "${host}:${port}"
http: "${host}:${monitorPort}"
websocket { listen: "${host}:${webSocketPort}", no_tls: true }
jetstream { store_dir: "${folder}/data", max_memory_store: 268435456, max_file_store: 8589934592 }
${tls}
${
        options.accounts ?? !/^\s*(authorization|accounts|operator)\b/m.test(options.config ?? "")
          ? accounts()
          : ""
      }
${options.config ?? ""}
`,
    );
    const server = createProcess(folder, monitorPort!);
    if (!await startAll([server])) return undefined;
    let given = 0;
    return {
      ...server,
      port: port!,
      url: `${certificates === undefined ? "nats" : "tls"}://${host}:${port}`,
      webSocketUrl: `ws://${host}:${webSocketPort}`,
      certificates,
      account() {
        if (given === ACCOUNTS) throw new Error("The server has no account left");
        const name = `u${given++}`;
        return { user: name, pass: name };
      },
    };
  });
}

/** A cluster of three servers. */
export interface NatsCluster extends AsyncDisposable {
  readonly urls: readonly string[];
  readonly servers: readonly Omit<NatsServer, "account" | "certificates" | "webSocketUrl">[];
  /** The number of the server that leads a stream. */
  leaderOf(stream: string): Promise<number>;
  stop(): Promise<void>;
}

/** Starts three servers that are one cluster, without authentication. */
export function startNatsCluster(): Promise<NatsCluster> {
  return onFreePorts(9, async (ports) => {
    const routes = ports.slice(3, 6).map((port) => `"nats://${host}:${port}"`).join(", ");
    const monitors = ports.slice(6);
    const servers = await Promise.all([0, 1, 2].map(async (index) => {
      const folder = await mkdtemp(`${tmpdir()}/glam-nats-`);
      await writeFile(
        `${folder}/nats.conf`,
        `server_name: "node${index}"
listen: "${host}:${ports[index]}"
http: "${host}:${monitors[index]}"
cluster { name: "glam", listen: "${host}:${ports[index + 3]}", routes: [${routes}] }
jetstream { store_dir: "${folder}/data", max_memory_store: 268435456, max_file_store: 8589934592 }
`,
      );
      const server = createProcess(folder, monitors[index]!);
      return { ...server, port: ports[index]!, url: `nats://${host}:${ports[index]}` };
    }));
    if (!await startAll(servers)) return undefined;
    const stop = async () => {
      await Promise.all(servers.map((server) => server.stop()));
    };
    const hasLeader = async () => (await jsz(monitors[0]!))?.meta_cluster?.leader !== undefined;
    await waitFor(hasLeader, "the cluster has a leader").catch(async (error) => {
      await stop();
      throw error;
    });
    return {
      urls: servers.map(({ url }) => url),
      servers,
      async leaderOf(stream) {
        for (const monitor of monitors) {
          const details = (await jsz(monitor))?.account_details?.flatMap((account) =>
            account.stream_detail ?? []
          );
          const leader = details?.find(({ name }) => name === stream)?.cluster?.leader;
          if (leader !== undefined) return Number(leader.slice("node".length));
        }
        throw new Error(`No server leads ${stream}`);
      },
      stop,
      [Symbol.asyncDispose]: stop,
    };
  });
}

interface JetStreamReport {
  readonly meta_cluster?: { readonly leader?: string };
  readonly account_details?: readonly {
    readonly stream_detail?: readonly {
      readonly name: string;
      readonly cluster?: { readonly leader?: string };
    }[];
  }[];
}

async function jsz(monitor: number): Promise<JetStreamReport | undefined> {
  const response = await fetch(`http://${host}:${monitor}/jsz?streams=true&accounts=true`).catch(() =>
    undefined
  );
  return response?.ok ? await response.json() : undefined;
}

type NatsProcess =
  & Pick<
    NatsServer,
    "kill9" | "logs" | "memoryBytes" | "pause" | "restart" | "resume" | "stop" | typeof Symbol.asyncDispose
  >
  & {
    /** Whether it started: `false` when one of its ports is taken. */
    start(): Promise<boolean>;
  };

/** Starts the servers of a cluster. Gives `false`, and stops all, when one of their ports is taken. */
async function startAll(servers: readonly NatsProcess[]): Promise<boolean> {
  const outcomes = await Promise.allSettled(servers.map((server) => server.start()));
  if (outcomes.every((outcome) => outcome.status === "fulfilled" && outcome.value)) return true;
  await Promise.all(servers.map((server) => server.stop()));
  const failure = outcomes.find((outcome) => outcome.status === "rejected");
  if (failure !== undefined) throw failure.reason;
  return false;
}

function createProcess(folder: string, monitor: number): NatsProcess {
  let child: SupervisedProcess | undefined;

  async function start(): Promise<boolean> {
    const command = [await natsBinary(), "-c", `${folder}/nats.conf`, "-P", `${folder}/pid`];
    const logged = (await logs()).length;
    child = superviseProcess({ folder, command, stop: STOP });
    const started = child;
    let log = "";
    const outcome = await waitFor(async () => {
      log = (await logs()).slice(logged);
      if (started.hasEnded || child !== started || /\[FTL\]|^nats-server: /m.test(log)) {
        if (log.includes("address already in use")) return "taken";
        throw new Error(`nats-server did not start\n${log}`);
      }
      // Before that, another process may be listening on this port.
      if (!log.includes("Server is ready")) return undefined;
      const response = await fetch(`http://${host}:${monitor}/healthz`).catch(() => undefined);
      await response?.body?.cancel();
      return response?.ok ? "ready" : undefined;
    }, () => `nats-server is ready\n${log}`);
    if (outcome === "taken") await end("keep");
    return outcome === "ready";
  }

  function logs(): Promise<string> {
    return readFile(`${folder}/log`, "utf8").catch(() => "");
  }

  async function memoryBytes(): Promise<number> {
    const { mem }: { readonly mem: number } = await (await fetch(`http://${host}:${monitor}/varz`)).json();
    return mem;
  }

  async function signal(name: NodeJS.Signals): Promise<void> {
    const pid = Number(await readFile(`${folder}/pid`, "utf8").catch(() => ""));
    if (!(pid > 1)) return;
    try {
      process.kill(pid, name);
    } catch {
      // It ended by itself.
    }
  }

  async function end(keep: "keep" | "remove"): Promise<void> {
    const ended = child;
    if (ended === undefined) return;
    child = undefined;
    await ended.end(keep);
    await rm(`${folder}/pid`, { force: true });
  }

  async function stop(): Promise<void> {
    await end("remove");
    await rm(folder, { recursive: true, force: true });
  }

  return {
    start,
    logs,
    memoryBytes,
    async kill9() {
      await signal("SIGKILL");
      await end("keep");
    },
    async pause() {
      await signal("SIGSTOP");
      const pid = (await readFile(`${folder}/pid`, "utf8")).trim();
      // The signal takes effect after a moment, in which the server would still answer.
      const isStopped = async () => (await runFile("ps", ["-o", "stat=", "-p", pid])).stdout.startsWith("T");
      await waitFor(isStopped, "nats-server is stopped");
    },
    resume: () => signal("SIGCONT"),
    async restart() {
      await end("keep");
      // The ports are reserved, but another process may be probing them at this moment.
      await waitFor(start, "its ports were free again");
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function accounts(): string {
  const names = Array.from({ length: ACCOUNTS }, (_, index) => `u${index}`);
  const lines = names.map((name) =>
    `${name} { jetstream: enabled, users: [{ user: ${name}, password: ${name} }] }`
  );
  return `accounts {\n${lines.join("\n")}\n}`;
}
