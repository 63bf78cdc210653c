import { codecKind } from "./_codec_mark.ts";
import { childrenOf, type ZodSchema } from "./_zod_def.ts";
import type { AnyEndpoint } from "./endpoint.ts";

/** Types that JSON has no image of. */
const NO_JSON: ReadonlySet<string> = new Set([
  "bigint",
  "custom",
  "date",
  "file",
  "function",
  "map",
  "nan",
  "promise",
  "set",
  "symbol",
  "undefined",
  "void",
]);

/**
 * Refuses an answer that cannot be written: one of a type that JSON lacks and that no codec stands for, or one that can only
 * be read. Strict objects too: a caller of an older contract would break at the next member.
 *
 * @throws {TypeError} naming the route and the place.
 */
export function checkAnswer({ route, kind, answer }: AnyEndpoint): void {
  if (answer === undefined) return;
  const refuse = (path: string, reason: string): TypeError =>
    new TypeError(`Cannot define "${route}": \`${kind}${path}\` ${reason}`);
  const seen = new Set<ZodSchema>();
  const walk = (schema: ZodSchema, path: string) => {
    if (seen.has(schema)) return;
    seen.add(schema);
    const { def } = schema._zod;
    if (codecKind(def) !== undefined) return;
    if (NO_JSON.has(def.type)) {
      throw refuse(
        path,
        `has the type ${def.type}, which JSON lacks: use a codec such as isoDate() or bigintText()`,
      );
    }
    if (
      def.type === "literal" && def.values?.some((value) => typeof value === "bigint" || value === undefined)
    ) {
      throw refuse(path, "has a literal that JSON lacks");
    }
    if (def.type === "transform") {
      throw refuse(path, "has a transform or preprocess, which only reads: use z.codec()");
    }
    if (def.type === "object" && def.catchall?._zod.def.type === "never") {
      throw refuse(
        path,
        "is a strict object, which refuses the members that a later version adds: use z.object()",
      );
    }
    if (def.type === "pipe" && def.reverseTransform !== undefined) return walk(def.in!, path); // what travels
    for (const [step, child] of childrenOf(schema)) {
      walk(child, step === "" ? path : step === "[]" ? `${path}[]` : `${path}.${step}`);
    }
  };
  walk(answer as ZodSchema, "");
}
