import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { waitFor } from "../_support/wait_for.ts";
import type { ChildOptions } from "./_service_child.ts";

const script = fileURLToPath(new URL("./_service_child.ts", import.meta.url));
const runtimeArgs = "Deno" in globalThis ? ["run", "--allow-all", "--no-check", "--quiet"] : [];

/** A line of a service's log. */
export type LogLine = Readonly<Record<string, unknown>> & {
  readonly message: string;
  readonly level: string;
};

/** A service that runs as a process of its own. */
export interface ServiceProcess extends AsyncDisposable {
  /** The lines of its log so far. */
  readonly lines: LogLine[];
  /** Everything that it has written so far. */
  output(): string;
  /** Waits until it has logged a line with this message. */
  logged(message: string): Promise<LogLine>;
  /** Where it listens, once it is ready. */
  readonly url: Promise<string>;
  /** Waits until it has ended, and gives its exit code, or the signal that ended it. */
  exited(): Promise<number | string>;
  /** Sends it a signal. */
  signal(name: "SIGINT" | "SIGKILL" | "SIGTERM"): void;
}

/** Starts a service, which is killed when it is disposed of and has not ended. */
export function startService(options: ChildOptions): ServiceProcess {
  const { PORT: _, ...env } = process.env;
  const child: ChildProcess = spawn(process.execPath, [...runtimeArgs, script, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...env, NO_COLOR: "1" },
  });
  const lines: LogLine[] = [];
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    let rest = "";
    stream!.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      const whole = (rest + text).split("\n");
      rest = whole.pop()!;
      for (const line of whole) if (line.startsWith("{")) lines.push(JSON.parse(line));
    });
  }
  let code: number | string | undefined;
  child.once("close", (exitCode, signal) => code = exitCode ?? signal!);
  const exited = async () => {
    await waitFor(() => code !== undefined, () => `it ends after:\n${output}`);
    return code!;
  };
  const logged = (message: string) =>
    waitFor(() => {
      const line = lines.find((line) => line.message === message);
      if (line === undefined && code !== undefined) throw new Error(`It ended with ${code}:\n${output}`);
      return line;
    }, () => `it logs "${message}" after:\n${output}`) as Promise<LogLine>;
  const url = logged("Service ready").then((line) => String(line["url"]));
  url.catch(() => {});
  // Not child.kill: on Deno that is what it then ended with.
  const signal = (name: NodeJS.Signals) => void process.kill(child.pid!, name);
  return {
    lines,
    output: () => output,
    logged,
    url,
    exited,
    signal,
    async [Symbol.asyncDispose]() {
      if (code === undefined) signal("SIGKILL");
      await exited();
    },
  };
}
