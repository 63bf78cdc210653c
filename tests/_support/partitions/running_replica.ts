import { type RunningChild, startScript } from "../child_process.ts";
import type { ReplicaOptions } from "./replica.ts";

const script = new URL("./replica.ts", import.meta.url);

/** Hears what a replica does: `at` is the time in milliseconds, since pipes of two processes are read in any order. */
export type OnStep = (what: "abort" | "begin" | "end" | "fail", key: string, n: number, at: number) => void;

/** A process that listens. */
export interface RunningReplica extends AsyncDisposable {
  readonly child: RunningChild;
  /** Waits until it listens. */
  ready(): Promise<void>;
  /** Kills it, as a crash would. */
  kill(): Promise<void>;
  /** Stops it, as a deployment does. */
  stop(): Promise<void>;
  /** Suspends it: its connections stay open. */
  suspend(): void;
  /** Lets it go on. */
  resume(): void;
}

/** Starts a replica. */
export function startReplica(options: ReplicaOptions, onStep: OnStep): RunningReplica {
  let isReady = false;
  const child = startScript(script, [JSON.stringify(options)], {
    onLine(line) {
      const [word, key, n, at] = line.split(" ");
      if (word === "ready") isReady = true;
      else if (word === "begin" || word === "end" || word === "fail" || word === "abort") {
        onStep(word, key!, Number(n), Number(at));
      }
    },
  });
  return {
    child,
    async ready() {
      await child.reaches(() => isReady, "it listens");
    },
    async kill() {
      child.signal("SIGKILL");
      await child.exited();
    },
    async stop() {
      child.signal("SIGTERM");
      const code = await child.exited();
      if (code !== 0) {
        throw new Error(`A replica that was asked to stop ended with ${code}\n${child.errors()}`);
      }
    },
    suspend: () => child.signal("SIGSTOP"),
    resume: () => child.signal("SIGCONT"),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}
