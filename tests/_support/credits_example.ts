/**
 * Runs the example as a process, on the runtime of the tests.
 *
 * @module
 */
import process from "node:process";
import { type RunningChild, startScript } from "./child_process.ts";

const main = new URL("../../examples/credits/main.ts", import.meta.url);

/** Starts `examples/credits` with these variables, on a port that is free unless they name one. */
export function startCredits(variables: Readonly<Record<string, string>>): RunningChild {
  const { DATABASE_URL: _, ...env } = process.env;
  return startScript(main, [], { env: { ...env, PORT: "0", NO_COLOR: "1", ...variables } });
}

/** Waits until it has started, and gives the URL that it says it is on. */
export async function urlOf(credits: RunningChild): Promise<string> {
  const started = () => /^credits is on (\S+)\. Try:$[^]*\/ledger\?limit=1/m.exec(credits.out())?.[1];
  return (await credits.reaches(started, "it says where it is"))!;
}

/** The token of the merchant `demo` that it says it takes. */
export function demoHeaders(credits: RunningChild): { readonly Authorization: string } {
  const token = /^ *TOKEN=(\S+)$/m.exec(credits.out())?.[1];
  if (token === undefined) throw new Error(`It printed no token: ${credits.out()}`);
  return { Authorization: `Bearer ${token}` };
}
