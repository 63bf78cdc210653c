import process from "node:process";
import { createLogger, type Logger, type LoggerOptions } from "@glam/shared/logging";

/** A JSON line, read. */
// deno-lint-ignore no-explicit-any
export type Line = Record<string, any>;

/** A logger that keeps its lines. */
export interface Capture {
  readonly log: Logger;
  /** The lines as they were written. */
  readonly text: string[];
  /** The lines, read as JSON. */
  lines(): Line[];
  /** The newest line, read as JSON. */
  last(): Line;
}

export function capture(options: LoggerOptions = {}, service = "catalog"): Capture {
  const text: string[] = [];
  const log = createLogger(service, {
    format: "json",
    environment: "test",
    file: false,
    level: "debug",
    ...options,
    sink: (line) => void text.push(line),
  });
  return {
    log,
    text,
    lines: () => text.map((line) => JSON.parse(line)),
    last: () => JSON.parse(text.at(-1) ?? "null"),
  };
}

/** Sets variables of the environment until it is disposed of; `undefined` unsets one. */
export function withEnv(variables: Record<string, string | undefined>): Disposable {
  const put = (name: string, value: string | undefined) => {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  };
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  for (const [name, value] of Object.entries(variables)) put(name, value);
  return { [Symbol.dispose]: () => before.forEach(([name, value]) => put(name, value)) };
}

/** Replaces a method of the console until it is disposed of. */
export function withConsole(
  method: "error" | "log",
  replacement: (...args: unknown[]) => void,
): Disposable {
  const original = console[method];
  console[method] = replacement;
  return { [Symbol.dispose]: () => void (console[method] = original) };
}

/** Makes the standard output look like a terminal, or like none. */
export function asTerminal(isTerminal: boolean): Disposable {
  const { Deno, process } = globalThis as unknown as {
    Deno?: { stdout: { isTerminal(): boolean } };
    process: { stdout: { isTTY: boolean } };
  };
  if (Deno !== undefined) {
    const original = Deno.stdout.isTerminal;
    Deno.stdout.isTerminal = () => isTerminal;
    return { [Symbol.dispose]: () => void (Deno.stdout.isTerminal = original) };
  }
  const original = process.stdout.isTTY;
  process.stdout.isTTY = isTerminal;
  return { [Symbol.dispose]: () => void (process.stdout.isTTY = original) };
}
