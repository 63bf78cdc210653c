/**
 * Rewrites what the oldest supported Node cannot parse, `using` and `await using`, for it.
 *
 * @module
 */
import { stop, transform } from "esbuild";
import { OLDEST_NODE } from "../internal/oldest_node.ts";

/** Sources by their paths. */
export type Sources = ReadonlyMap<string, string>;

/** A line that declares such a variable. `_lower_test.ts` and Node itself tell whether any other is left. */
const USING = /^[^/*]*\b(?:await )?using [\w$]+ (?:=|of)/m;

/** Gives the sources that were rewritten. Those that need nothing stay as they are, with their comments. */
export async function lower(sources: Sources, loader: "js" | "ts" = "js"): Promise<Map<string, string>> {
  const lowered = new Map<string, string>();
  try {
    for (const [path, source] of sources) {
      if (!USING.test(source)) continue;
      const { code } = await transform(source, { loader, target: `node${OLDEST_NODE}`, sourcefile: path });
      lowered.set(path, code);
    }
  } finally {
    await stop();
  }
  return lowered;
}
