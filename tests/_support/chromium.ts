/**
 * A Chromium that is installed, driven by Playwright from npm.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { run, runOrThrow } from "../../scripts/_run.ts";
import { node, tools } from "../../scripts/tools.ts";
import type { Visit, Visited } from "./browser_visit.ts";

/** The Chromium on the PATH; `undefined` where there is none. */
export async function findChromium(): Promise<string | undefined> {
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    const { code, output } = await run(["which", name]);
    if (code === 0) return output.trim();
  }
  return undefined;
}

/** Visits pages one after the other, each in a profile of its own. */
export async function visit<const Visits extends readonly Visit[]>(
  chromium: string,
  visits: Visits,
): Promise<{ readonly [Index in keyof Visits]: Visited }> {
  const script = fileURLToPath(new URL("browser_visit.ts", import.meta.url));
  const command = [await node(), script, await tools("browser"), chromium, JSON.stringify(visits)];
  const { output } = await runOrThrow(command);
  return JSON.parse(output.trim().split("\n").at(-1)!);
}
