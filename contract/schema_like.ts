/**
 * A Zod schema, by the two types that a contract needs of it. Compared with `z.ZodType` it costs the compiler a tenth.
 */
export interface SchemaLike<Output = unknown, Input = unknown> {
  /** What Zod keeps of a schema. */
  readonly _zod: { readonly output: Output; readonly input: Input };
}

/** What a schema gives. */
export type OutputOf<Schema extends SchemaLike> = Schema["_zod"]["output"];

/** What a schema takes. */
export type InputOf<Schema extends SchemaLike> = Schema["_zod"]["input"];
