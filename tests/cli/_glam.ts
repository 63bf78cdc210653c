/**
 * Runs `glam` as a process on the runtime that the tests run on, in the folder of a small service.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** How a command ended. */
export interface GlamResult {
  readonly code: number | null;
  readonly out: string;
  readonly errors: string;
}

/** A command that runs. */
export interface RunningGlam {
  readonly child: ChildProcess;
  out(): string;
  errors(): string;
  readonly ended: Promise<GlamResult>;
}

/** Options of {@link startGlam}. */
export interface GlamOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

/** The folder with a service's modules. */
export const fixtures: string = fileURLToPath(new URL("./fixtures", import.meta.url));

/** The words that run `glam` on this runtime. */
export const glamCommand: readonly string[] = [
  process.execPath,
  ..."Deno" in globalThis ? ["run", "--quiet", "-A", "--no-check"] : [],
  fileURLToPath(import.meta.resolve("@glam/shared/cli")),
];

/** The environment of a machine where nothing is set up. */
export function bareEnvironment(): Record<string, string> {
  const set = Object.entries(process.env).filter(([name, value]) =>
    value !== undefined &&
    !/NODE_TEST_CONTEXT|DATABASE_URL|NATS_|_DB_|SERVICE_NAME|APP_ENV|NO_COLOR|FORCE_COLOR/.test(name)
  );
  return Object.fromEntries(set) as Record<string, string>;
}

/** Starts `glam` with these arguments. */
export function startGlam(args: readonly string[], options: GlamOptions = {}): RunningGlam {
  const [program, ...before] = glamCommand;
  return startProcess(program!, [...before, ...args], options);
}

/** Starts a program. */
export function startProcess(program: string, args: readonly string[], options: GlamOptions): RunningGlam {
  const { cwd = fixtures, env = {}, stdin } = options;
  const child = spawn(program, args, { cwd, env: { ...bareEnvironment(), ...env }, stdio: "pipe" });
  child.stdin!.on("error", () => {}); // it may end before it has read everything
  child.stdin!.end(stdin ?? "");
  let [out, errors] = ["", ""];
  child.stdout!.on("data", (chunk) => out += chunk);
  child.stderr!.on("data", (chunk) => errors += chunk);
  const ended = new Promise<GlamResult>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, out, errors }));
  });
  return { child, out: () => out, errors: () => errors, ended };
}

/** Runs `glam` with these arguments to its end. */
export function glam(args: readonly string[], options: GlamOptions = {}): Promise<GlamResult> {
  return startGlam(args, options).ended;
}

/** Runs a command line in a pseudo-terminal, and types these lines into it. */
export async function glamOnTerminal(
  args: readonly string[],
  { stdin = "", ...options }: GlamOptions = {},
): Promise<GlamResult> {
  const line = [...glamCommand, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const env = { ...options.env, TERM: "xterm" };
  return await startProcess("script", ["-qec", line, "/dev/null"], { ...options, env, stdin }).ended;
}
