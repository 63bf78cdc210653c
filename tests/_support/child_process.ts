/**
 * Child processes of tests, on Deno, Bun and Node. A child ends with its test, and with the process that started it.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { waitFor } from "./wait_for.ts";

/** How a child ended, and what it printed. */
export interface ChildResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly errors: string;
}

/** A started child. Disposing kills it and its descendants, if it still runs. */
export interface RunningChild extends AsyncDisposable {
  readonly pid: number;
  /** Its standard input, for `isInteractive`. */
  readonly input: Writable;
  /** What it has printed on standard output so far. */
  out(): string;
  /** What it has printed on standard error so far. */
  errors(): string;
  hasEnded(): boolean;
  /** Its exit code, or the signal that ended it, when it has ended by itself. */
  exited(): Promise<number | NodeJS.Signals>;
  /** Sends it a signal, unless it has ended. */
  signal(name: NodeJS.Signals): void;
  /** Waits for a condition. Fails when the child ends before it is met. */
  reaches<T>(condition: () => T | Promise<T>, what?: string): Promise<T>;
  /** Waits until it has ended by itself. */
  ended(): Promise<ChildResult>;
}

/** Options of {@link startChild}. */
export interface ChildOptions {
  readonly cwd?: string;
  /** @default that of this process */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What it reads on standard input, which ends there. @default nothing */
  readonly stdin?: string;
  /** Leaves standard input open, to be written to later. @default false */
  readonly isInteractive?: boolean;
  /** Gets each line of standard output and standard error when it is whole. */
  readonly onLine?: (line: string) => void;
}

// The program replaces the shell, so that process id, signals and exit code are its own. A guard process kills the
// program's group when the pipe is closed: when the test ends, or its process is gone.
const GUARD = `((cat <&3; kill -KILL -$$) </dev/null >/dev/null 2>&1 &); exec "$@" 3<&-`;

/** Starts a program. */
export function startChild(
  program: string,
  args: readonly string[],
  options: ChildOptions = {},
): RunningChild {
  const { cwd, env = process.env, stdin = "", isInteractive = false, onLine } = options;
  const child: ChildProcess = spawn("sh", ["-c", GUARD, "sh", program, ...args], {
    ...cwd !== undefined && { cwd },
    env: { ...env },
    stdio: ["pipe", "pipe", "pipe", "pipe"],
    detached: true, // into a group of its own
  });
  const input = child.stdin!;
  input.on("error", () => {}); // it may end before it has read everything
  if (!isInteractive) input.end(stdin);
  let [out, errors] = ["", ""];
  child.stdout!.setEncoding("utf8").on("data", (text) => out += text);
  child.stderr!.setEncoding("utf8").on("data", (text) => errors += text);
  if (onLine !== undefined) {
    for (const stream of [child.stdout!, child.stderr!]) {
      readLines(stream, onLine);
    }
  }
  const guard = child.stdio[3] as Writable;
  guard.on("error", () => {});
  child.once("exit", () => guard.destroy());
  let result: ChildResult | undefined;
  const closed = new Promise<ChildResult>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(result = { code, signal, out, errors }));
  });
  closed.catch(() => {}); // whoever waits for it hears of it
  const name = `${program} ${args.join(" ")}`;
  const ended = () => waitFor(() => closed, () => `${name} ends. It has printed:\n${out}${errors}`);
  return {
    pid: child.pid!,
    input,
    out: () => out,
    errors: () => errors,
    hasEnded: () => result !== undefined,
    signal(name) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      process.kill(child.pid!, name); // after child.kill() Deno reports the signal and not the exit code
    },
    async reaches(condition, what = String(condition)) {
      return await waitFor(async () => {
        const hadEnded = result !== undefined;
        const reached = await condition();
        if (reached || !hadEnded) return reached;
        throw new Error(
          `${name} ended with ${result!.code ?? result!.signal} before: ${what}\n${out}${errors}`,
        );
      }, () => `${what}\n${name} has printed:\n${out}${errors}`);
    },
    ended,
    async exited() {
      const { code, signal } = await ended();
      return code ?? signal!;
    },
    async [Symbol.asyncDispose]() {
      guard.destroy();
      await closed;
    },
  };
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = "";
  stream.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    lines.forEach(onLine);
  });
}

const RUN_SCRIPT = "Deno" in globalThis ? ["run", "--allow-all", "--no-check", "--quiet"] : [];

/** Starts a program of this package, on the runtime of the tests. */
export function startScript(
  script: URL,
  args: readonly string[] = [],
  options: ChildOptions = {},
): RunningChild {
  return startChild(process.execPath, [...RUN_SCRIPT, fileURLToPath(script), ...args], options);
}

/** Runs a program to its end. */
export async function runChild(
  program: string,
  args: readonly string[],
  options: ChildOptions = {},
): Promise<ChildResult> {
  await using child = startChild(program, args, options);
  return await child.ended();
}
