import { askZod, type Direction, type ZodOutcome } from "./_ask_zod.ts";
import { compileAnswer } from "./_compile_answer.ts";
import { isWritten } from "./_written.ts";
import { childrenOf, type ZodSchema } from "./_zod_def.ts";
import type { SchemaLike } from "./schema_like.ts";

/** Writes the values of one schema; a promise only where the schema has an asynchronous refinement. */
export type AnswerWriter = (value: unknown) => Promise<ZodOutcome> | ZodOutcome;

/**
 * Writes the values of a schema: what it gives is what `JSON.stringify` has to be given. Members that the schema does not
 * name are left out, codecs are encoded.
 */
export function answerWriter(schema: SchemaLike): AnswerWriter {
  // Encodes where there is a codec, else parses: decided once.
  const direction: Direction = includesCodec(schema as ZodSchema, new Set()) ? "encode" : "parse";
  const ask = askZod(schema as ZodSchema, direction);
  const write = compileAnswer(schema as ZodSchema, (part) => {
    const askPart = askZod(part, direction);
    return (value) => {
      const result = askPart(value);
      return result instanceof Promise || result.issues !== undefined ? undefined : result;
    };
  });
  return (value) => {
    const written = write(value);
    return isWritten(written) ? { value: written } : ask(value);
  };
}

function includesCodec(schema: ZodSchema, seen: Set<ZodSchema>): boolean {
  if (seen.has(schema)) return false;
  seen.add(schema);
  const { def } = schema._zod;
  return def.type === "pipe" && def.reverseTransform !== undefined ||
    childrenOf(schema).some(([, child]) => includesCodec(child, seen));
}
