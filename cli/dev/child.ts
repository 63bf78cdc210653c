import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import type { Writable } from "node:stream";

/** How a child ended: its exit code, or the signal that ended it. */
export type Ending = number | NodeJS.Signals;

/** A started program. */
export interface Child {
  /** Resolves when it has ended. Rejects when it could not be started. */
  readonly ended: Promise<Ending>;
  /** Whether it has ended. */
  readonly hasEnded: boolean;
  /** Sends a signal and waits for the end; after `patienceMs` it is killed. */
  stop(signal: NodeJS.Signals, patienceMs: number): Promise<Ending>;
}

/** Options of {@link startChild}. */
export interface ChildOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** The file descriptor that gets what it prints; without one, the terminal does. */
  readonly output?: number;
}

// The program replaces the shell, so that process id, signals and exit code are its own. A guard beside it waits for the end
// of a pipe, which comes when this process ends in whatever way, and stops the group then.
const GUARDED = `((cat <&3; kill -INT -$$) </dev/null >/dev/null 2>&1 &); exec "$@" 3<&-`;

/**
 * Starts a program in a process group of its own, which Ctrl-C does not reach: what it stands on would end with it, and it
 * would get a second signal from here. It does not outlive this process.
 */
export function startChild(program: string, args: readonly string[], options: ChildOptions = {}): Child {
  const { env = process.env, output } = options;
  const child: ChildProcess = spawn("sh", ["-c", GUARDED, "sh", program, ...args], {
    env,
    detached: true,
    stdio: output === undefined
      ? ["inherit", "inherit", "inherit", "pipe"]
      : ["ignore", output, output, "pipe"],
  });
  const guard = child.stdio[3] as Writable | undefined;
  guard?.on("error", () => {});
  let hasEnded = false;
  const kill = (signal: NodeJS.Signals) => {
    if (hasEnded || child.pid === undefined) return;
    try {
      process.kill(child.pid, signal);
    } catch {
      // it has just ended
    }
  };
  const ended = once(child, "exit").finally(() => {
    hasEnded = true;
    guard?.destroy();
  }).then(([code, signal]) => code ?? signal);
  ended.catch(() => {}); // whoever waits for it hears of it
  return {
    ended,
    get hasEnded() {
      return hasEnded;
    },
    async stop(signal, patienceMs) {
      kill(signal);
      const timer = setTimeout(() => kill("SIGKILL"), patienceMs);
      return await ended.finally(() => clearTimeout(timer));
    },
  };
}
