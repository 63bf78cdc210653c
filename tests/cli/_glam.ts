/**
 * Runs `glam` as a process on the runtime that the tests run on, in the folder of a small service.
 *
 * @module
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import {
  type ChildOptions,
  type ChildResult,
  type RunningChild,
  startChild,
} from "../_support/child_process.ts";

/** Options of {@link startGlam}. `env` is on top of {@link bareEnvironment}. */
export interface GlamOptions extends ChildOptions {
  readonly env?: Readonly<Record<string, string>>;
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
export function startGlam(args: readonly string[], options: GlamOptions = {}): RunningChild {
  const [program, ...before] = glamCommand;
  return startProcess(program!, [...before, ...args], options);
}

/** Starts a program. */
export function startProcess(
  program: string,
  args: readonly string[],
  options: GlamOptions = {},
): RunningChild {
  return startChild(program, args, {
    cwd: fixtures,
    ...options,
    env: { ...bareEnvironment(), ...options.env },
  });
}

/** Runs `glam` with these arguments to its end. */
export async function glam(args: readonly string[], options: GlamOptions = {}): Promise<ChildResult> {
  await using running = startGlam(args, options);
  return await running.ended();
}

/** Runs a program to its end. */
export async function runProcess(
  program: string,
  args: readonly string[],
  options: GlamOptions = {},
): Promise<ChildResult> {
  await using running = startProcess(program, args, options);
  return await running.ended();
}

/** Runs `glam` in a pseudo-terminal. When it asks for a yes or a no, `answer` is typed into it. */
export async function glamOnTerminal(
  args: readonly string[],
  { answer, ...options }: GlamOptions & { readonly answer?: string } = {},
): Promise<ChildResult> {
  const line = [...glamCommand, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const env = { ...options.env, TERM: "xterm" };
  await using running = startProcess("script", ["-qec", line, "/dev/null"], {
    ...options,
    env,
    isInteractive: true,
  });
  if (answer !== undefined) {
    await running.reaches(() => running.out().includes("[y/N] "), "it asks");
    running.input.write(answer);
  }
  return await running.ended();
}
