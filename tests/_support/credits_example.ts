/**
 * Runs the example as a process, on the runtime of the tests.
 *
 * @module
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type RunningChild, startChild } from "./child_process.ts";

/** Starts `examples/credits` with these variables, on a port that is free unless they name one. */
export function startCredits(variables: Readonly<Record<string, string>>): RunningChild {
  const main = fileURLToPath(new URL("../../examples/credits/main.ts", import.meta.url));
  const args = "Deno" in globalThis ? ["run", "--allow-all", "--no-check", main] : [main];
  const { DATABASE_URL: _, ...env } = process.env;
  return startChild(process.execPath, args, { env: { ...env, PORT: "0", NO_COLOR: "1", ...variables } });
}

/** Waits until it has started, and gives the URL that it says it is on. */
export async function urlOf(credits: RunningChild): Promise<string> {
  const started = () => /^credits is on (\S+)\. Try:$[^]*\/ledger\?limit=1/m.exec(credits.out())?.[1];
  return (await credits.reaches(started, "it says where it is"))!;
}
