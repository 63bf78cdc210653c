/**
 * Runs child processes so that none outlives its script.
 *
 * @module
 */

/** Options of {@link run} and {@link spawn}. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds after which it is killed. */
  readonly limitMs?: number;
}

/** How a child process ended. */
export interface RunResult {
  readonly code: number;
  /** Standard output and error in the order they came. */
  readonly output: string;
  readonly seconds: number;
}

const running = new Set<Deno.ChildProcess>();
let listening = false;
let stopping = false;
/** While this process ends, no new child is started, and stopped children are not reported as failed. */
const FOREVER = new Promise<never>(() => {});

/** Starts a child in a process group of its own, which is stopped when this process gets SIGINT or SIGTERM. */
export function spawn(
  command: readonly string[],
  options: Omit<Deno.CommandOptions, "args"> = {},
): Deno.ChildProcess {
  stopChildrenOnSignal();
  const [program, ...args] = command;
  if (program === undefined) throw new TypeError("Expected a command, got an empty list");
  const child = new Deno.Command(program, { ...options, args, detached: true }).spawn();
  running.add(child);
  // Stop the processes that it started and left behind.
  child.status.then(() => (running.delete(child), stopGroup(child, "SIGTERM")));
  return child;
}

/** Sends a signal to a child and its descendants. */
function stopGroup({ pid }: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    Deno.kill(-pid, signal);
  } catch {
    // The group has no processes left.
  }
}

/** Runs a command to its end. Does not throw when it fails. */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { cwd, env, limitMs } = options;
  const started = performance.now();
  if (stopping) await FOREVER;
  const child = spawn(command, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { NO_COLOR: "1", RUST_BACKTRACE: "0", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const chunks: string[] = [];
  const limit = limitMs === undefined ? undefined : setTimeout(() => {
    keep(`\nKilled after ${limitMs / 60_000} minutes: ${command[0]} ${command[1] ?? ""}\n`);
    stopGroup(child, "SIGKILL");
  }, limitMs);
  const keep = (text: string): void => void chunks.push(text);
  const [status] = await Promise.all([
    child.status,
    collect(child.stdout, keep),
    collect(child.stderr, keep),
  ]);
  clearTimeout(limit);
  if (stopping) await FOREVER;
  return { code: status.code, output: chunks.join(""), seconds: (performance.now() - started) / 1000 };
}

/** Runs a command and throws with its output when it fails. */
export async function runOrThrow(command: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const result = await run(command, options);
  if (result.code === 0) return result;
  throw new Error(`Command failed with exit code ${result.code}: ${command.join(" ")}\n${result.output}`);
}

async function collect(stream: ReadableStream<Uint8Array>, keep: (text: string) => void): Promise<void> {
  for await (const text of stream.pipeThrough(new TextDecoderStream())) keep(text);
}

function stopChildrenOnSignal(): void {
  if (listening) return;
  listening = true;
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    if (signal === "SIGTERM" && Deno.build.os === "windows") continue; // it knows no such signal
    Deno.addSignalListener(signal, async () => {
      stopping = true;
      const children = [...running];
      for (const child of children) stopGroup(child, "SIGTERM");
      await Promise.race([
        Promise.allSettled(children.map((child) => child.status)),
        new Promise((resolve) => setTimeout(resolve, 3000)),
      ]);
      Deno.exit(code);
    });
  }
}
