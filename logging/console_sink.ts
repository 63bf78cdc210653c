import { readEnv } from "../internal/environment.ts";
import type { Severity } from "./levels.ts";

interface Terminals {
  readonly Deno?: { readonly stdout?: { isTerminal?(): boolean } };
  readonly process?: { readonly stdout?: { readonly isTTY?: boolean } };
}

/**
 * The console, with its methods looked up at call time. `ERROR` and `CRITICAL` go to the error stream, everything
 * else to the output stream.
 */
export function writeToConsole(line: string, severity: Severity): void {
  if (severity >= 40) console.error(line);
  else console.log(line);
}

/** Whether a human with a terminal that knows colours is looking (https://no-color.org). */
export function wantsColours(): boolean {
  if (readEnv("NO_COLOR") !== undefined) return false;
  try {
    const { Deno, process } = globalThis as Terminals;
    // On Deno `process.stdout` would load Node's streams.
    return (Deno === undefined ? process?.stdout?.isTTY : Deno.stdout?.isTerminal?.()) === true;
  } catch {
    return false;
  }
}
