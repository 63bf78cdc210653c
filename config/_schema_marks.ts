import type * as z from "zod";
import type { SchemaLike } from "./_zod.ts";

// On the definition, which `.describe()`, `.refine()` and their like keep; and registered, so that the schemas of
// another copy of the package are known as well.
const SECRET = Symbol.for("@glam/shared.config.secret");
const SECRET_PARTS = Symbol.for("@glam/shared.config.secret-parts");
const READY = Symbol.for("@glam/shared.config.ready");

/** What a ready schema is known by, beside the variables of its path. Keys are names of variables, values are keys. */
export interface ReadySchema {
  /** Variables with the service's prefix: `{ DB_HOST: "host" }`. */
  readonly prefixed?: Readonly<Record<string, string>>;
  /** Variables without a prefix. */
  readonly shared?: Readonly<Record<string, string>>;
  /**
   * Keys that a key stands for: a variable that sets it leaves out what the sources below say of those, and one without
   * a prefix does not count beside one with it that sets one of those. `{ url: ["host", "port"] }`.
   */
  readonly standsFor?: Readonly<Record<string, readonly string[]>>;
  /** The key that is the name of the service unless somebody says otherwise. */
  readonly serviceKey?: string;
}

/** Says that what the schema takes must not be shown. */
export function markSecret<Schema extends z.core.$ZodType>(schema: Schema): Schema {
  return mark(schema, SECRET, true);
}

/** Whether {@link markSecret} was here. */
export function isMarkedSecret(schema: SchemaLike): boolean {
  return schema._zod.def[SECRET] === true;
}

/** Finds the parts of a text that must not be shown. */
export type SecretParts = (text: string) => readonly string[];

/** Marks a schema of texts of which a part must not be shown, such as the password in a URL. */
export function markSecretParts<Schema extends z.core.$ZodType>(
  schema: Schema,
  partsOf: SecretParts,
): Schema {
  return mark(schema, SECRET_PARTS, partsOf);
}

/** The function of {@link markSecretParts}. */
export function secretPartsOf(schema: SchemaLike): SecretParts | undefined {
  return schema._zod.def[SECRET_PARTS] as SecretParts | undefined;
}

/** Says what a schema is known by. */
export function markReady<Schema extends z.core.$ZodType>(schema: Schema, ready: ReadySchema): Schema {
  return mark(schema, READY, ready);
}

/** What {@link markReady} said. */
export function readyMark(schema: SchemaLike): ReadySchema | undefined {
  return schema._zod.def[READY] as ReadySchema | undefined;
}

function mark<Schema extends z.core.$ZodType>(schema: Schema, key: symbol, value: unknown): Schema {
  Object.defineProperty(schema._zod.def, key, { value, enumerable: true });
  return schema;
}
