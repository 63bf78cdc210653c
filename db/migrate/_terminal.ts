import { escapeControlsInLines } from "../../internal/terminal_text.ts";
import type { TableModel } from "../table/table.ts";
import { folderPath } from "./_folder.ts";

/** The members of Node's `process` that are used. */
interface ProcessLike {
  readonly stdin: { readonly isTTY?: boolean };
  readonly stdout: object;
  cwd(): string;
  exit(code: number): never;
  on(signal: string, listener: () => void): void;
  off(signal: string, listener: () => void): void;
  getBuiltinModule(name: "node:readline/promises"): {
    createInterface(options: object): { question(text: string): Promise<string>; close(): void };
  };
  getBuiltinModule(name: "node:url"): { pathToFileURL(path: string): URL };
}

function processOf(): ProcessLike {
  return (globalThis as unknown as { process: ProcessLike }).process;
}

/** Asks on the terminal; without a terminal the answer is no. */
export async function askOnTerminal(question: string): Promise<boolean> {
  const process = processOf();
  const { stdin, stdout } = process;
  if (stdin.isTTY !== true) return false;
  const { createInterface } = process.getBuiltinModule("node:readline/promises");
  const terminal = createInterface({ input: stdin, output: stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${escapeControlsInLines(question)} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

/** A signal that aborts at the first SIGINT or SIGTERM. The second one ends the process. */
export function onInterrupt(report: (text: string) => void): Disposable & { readonly signal: AbortSignal } {
  const process = processOf();
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(130);
    report("stopping; press again to exit at once, which may leave a file unfinished");
    controller.abort();
  };
  const signals = ["SIGINT", "SIGTERM"];
  for (const name of signals) process.on(name, stop);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const name of signals) process.off(name, stop);
    },
  };
}

/** The tables that a module exports, under any names, also in lists. */
export async function loadTables(path: string): Promise<TableModel[]> {
  const process = processOf();
  const { pathToFileURL } = process.getBuiltinModule("node:url");
  const url = /^[a-z]{2,}:/i.test(path) ? path : new URL(path, pathToFileURL(`${process.cwd()}/`)).href;
  const module = await import(url) as Record<string, unknown>;
  const tables = new Set(Object.values(module).flat(1).filter(isTable));
  if (tables.size === 0) {
    throw new TypeError(`Expected ${folderPath(path)} to export tables, and it exports none`);
  }
  return [...tables];
}

function isTable(value: unknown): value is TableModel {
  const { columns, primaryKey } = (value ?? {}) as Partial<TableModel>;
  return Array.isArray(columns) && typeof primaryKey === "object";
}
