import { open, readFile } from "node:fs/promises";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { ConfigError } from "../../errors/config_error.ts";
import { type Child, startChild } from "./child.ts";

const POLL_MS = 50;
const PATIENCE_MS = 60_000;
const LINES = 5;
/** How long the server of a `glam dev` that was killed takes to end. The number in its file may be another program's by now. */
const LAST_MS = 10_000;

/** A server that runs as long as `glam dev`. */
export interface DevServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** How one is started. */
export interface ServerCommand {
  readonly program: string;
  readonly args: readonly string[];
  /** The file that gets what it prints. */
  readonly log: string;
  /** The file with its process id. */
  readonly pidFile: string;
  /** Whether it answers. */
  isReady(): Promise<boolean>;
}

/**
 * Starts a server and waits until it answers.
 *
 * @throws {ConfigError} with its last lines when it ends before, or does not answer within a minute.
 */
export async function startServer({ program, args, log, pidFile, isReady }: ServerCommand): Promise<Child> {
  await endOfLast(pidFile);
  const output = await open(log, "w");
  const child = startChild(program, args, { output: output.fd });
  try {
    const until = performance.now() + PATIENCE_MS;
    while (!await isReady()) {
      if (child.hasEnded || performance.now() > until) throw await failure();
      await sleep(POLL_MS);
    }
    return child;
  } catch (error) {
    await child.stop("SIGKILL", 0).catch(() => {});
    throw error;
  } finally {
    await output.close();
  }

  async function failure(): Promise<ConfigError> {
    const ending = await Promise.race([child.ended.catch((error) => error.message), undefined]);
    const lines = (await readFile(log, "utf8")).trimEnd().split("\n").slice(-LINES).join("\n");
    const what = ending === undefined ? "does not answer" : `ended with ${ending}`;
    return new ConfigError(
      `Cannot use ${program}: it ${what}. ${log} ends with:\n${lines}\nTo do without: --embedded`,
    );
  }
}

/** Waits for the server of a `glam dev` that was killed a moment ago: two on the same data would spoil them. */
async function endOfLast(pidFile: string): Promise<void> {
  const pid = Number.parseInt(await readFile(pidFile, "utf8").catch(() => ""));
  const until = performance.now() + LAST_MS;
  while (pid > 0 && isRunning(pid) && performance.now() < until) await sleep(POLL_MS);
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as { readonly code?: string }).code === "EPERM";
  }
}
