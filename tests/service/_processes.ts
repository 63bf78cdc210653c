import process from "node:process";
import { startScript } from "../_support/child_process.ts";
import type { ChildOptions } from "./_service_child.ts";

const serviceScript = new URL("./_service_child.ts", import.meta.url);
const runScript = new URL("./_run_child.ts", import.meta.url);

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
  return start(serviceScript, JSON.stringify(options));
}

/** Starts a main module that calls `runService`, and which of its parts is at fault. */
export function startRun(fault: string): ServiceProcess {
  return start(runScript, fault);
}

function start(script: URL, argument: string): ServiceProcess {
  const { PORT: _, ...env } = process.env;
  const lines: LogLine[] = [];
  let output = "";
  const child = startScript(script, [argument], {
    env: { ...env, NO_COLOR: "1" },
    onLine(line) {
      output += `${line}\n`;
      if (line.startsWith("{")) lines.push(JSON.parse(line));
    },
  });
  const logged = async (message: string) => {
    const find = () => lines.find((line) => line.message === message);
    return (await child.reaches(find, `it logs "${message}"`))!;
  };
  const url = logged("Service ready").then((line) => String(line["url"]));
  url.catch(() => {});
  return {
    lines,
    output: () => output,
    logged,
    url,
    exited: child.exited,
    signal: child.signal,
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}
