import { run, runOrThrow, spawn } from "../scripts/_run.ts";
import { cacheDir } from "../scripts/_project.ts";
import { fetchDebian, fetchedPath } from "../tests/_support/debian_package.ts";

/** A server that a benchmark talks to. */
export interface BenchServer extends AsyncDisposable {
  readonly url: string;
}

/** Starts a server that prints its port. */
export async function startServer(command: readonly string[], cwd: string): Promise<BenchServer> {
  const child = spawn(command, { cwd, stdin: "null", stdout: "piped", stderr: "inherit" });
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const port = /^\d+/.exec(text)?.[0];
    if (port === undefined) continue;
    const close = async () => {
      child.kill("SIGKILL");
      await child.status;
    };
    return { url: `http://127.0.0.1:${port}/items/42`, [Symbol.asyncDispose]: close };
  }
  throw new Error(`${command.join(" ")} ended before it listened`);
}

/** How wrk asks. */
export interface LoadOptions {
  /** @default 32 */
  readonly connections?: number;
  /** A program in Lua that makes the requests. @default none, the URL is asked for */
  readonly script?: string;
}

/** Requests per second that a server answers to wrk. */
export async function load(url: string, seconds: number, options: LoadOptions = {}): Promise<number> {
  const { connections = 32, script } = options;
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, ...script === undefined ? [] : ["-s", script]];
  const { output } = await runOrThrow([await wrk(), ...args, url]);
  if (output.includes("Non-2xx")) throw new Error(`The server answered errors:\n${output}`);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]);
}

const WRK = { name: "wrk", path: "usr/bin/wrk" };

let found: Promise<string> | undefined;

/** wrk: on the PATH, else Debian's, unpacked into `.cache/tools`. */
export function wrk(): Promise<string> {
  return found ??= findWrk();
}

async function findWrk(): Promise<string> {
  const folder = `${cacheDir}/tools/debian-wrk`;
  for (const path of ["wrk", fetchedPath(WRK, folder)]) {
    if (await run([path, "-v"]).then(({ output }) => output.startsWith("wrk"), () => false)) return path;
  }
  try {
    return await fetchDebian(WRK, folder);
  } catch (cause) {
    throw new Error("The benchmark needs the load generator wrk: apt-get install wrk, or brew install wrk", {
      cause,
    });
  }
}
