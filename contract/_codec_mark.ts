import type * as z from "zod";

// On the definition, which `.describe()` and `.meta()` keep; and registered, so that another copy of the package knows it.
const CODEC = Symbol.for("@glam/shared.contract.codec");

/** A schema whose JSON is text, and that the code holds as something else. */
export type TextCodec<Value> = z.ZodType<Value, string>;

/** Marks a codec that an answer can be written with without asking Zod. */
export function markCodec<Schema extends z.ZodType>(schema: Schema, kind: "bigint" | "date"): Schema {
  (schema._zod.def as { [CODEC]?: string })[CODEC] = kind;
  return schema;
}

/** Which codec of this package a schema is. */
export function codecKind(def: object): "bigint" | "date" | undefined {
  return (def as { [CODEC]?: "bigint" | "date" })[CODEC];
}
