import { realpathSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** Whether a module is what the process was started with; Node says so itself from 24.2 on. */
export function isMain(meta: { readonly url: string; readonly main?: boolean }): boolean {
  if (meta.main !== undefined) return meta.main;
  const [, script] = process.argv;
  return script !== undefined && meta.url.startsWith("file:") &&
    realpathSync(script) === fileURLToPath(meta.url);
}
