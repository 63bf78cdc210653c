import { realpathSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** Whether a module is the main module of the process. Node has `import.meta.main` since 24.2. */
export function isMain(meta: { readonly url: string; readonly main?: boolean }): boolean {
  if (meta.main !== undefined) return meta.main;
  const [, script] = process.argv;
  return script !== undefined && meta.url.startsWith("file:") &&
    realpathSync(script) === fileURLToPath(meta.url);
}
