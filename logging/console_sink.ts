import { readEnv } from "../internal/environment.ts";
import type { Severity } from "./levels.ts";

interface Terminals {
  readonly Deno?: { readonly stdout?: { isTerminal?(): boolean } };
  readonly process?: { readonly stdout?: { readonly isTTY?: boolean } };
}

/**
 * Writes a line to the console: `ERROR` and `CRITICAL` to standard error, everything else to standard output. The
 * console's methods are looked up at each call.
 */
export function writeToConsole(line: string, severity: Severity): void {
  if (severity >= 40) console.error(line);
  else console.log(line);
}

/** Whether standard output is a terminal with colours, and `NO_COLOR` is not set (https://no-color.org). */
export function wantsColours(): boolean {
  return readEnv("NO_COLOR") === undefined && readEnv("TERM") !== "dumb" && isTerminal();
}

/** Whether standard output is a terminal. */
export function isTerminal(): boolean {
  try {
    const { Deno, process } = globalThis as Terminals;
    // On Deno `process.stdout` would load Node's streams.
    return (Deno === undefined ? process?.stdout?.isTTY : Deno.stdout?.isTerminal?.()) === true;
  } catch {
    return false;
  }
}
