import type * as z from "zod";
import type { SchemaLike } from "./_zod.ts";

// Marks are properties of the definition, which `.describe()`, `.refine()` and other methods keep. The symbols are
// registered, so that the schemas of another copy of this package are recognized as well.
const SECRET = Symbol.for("@glam/shared.config.secret");
const SECRET_PARTS = Symbol.for("@glam/shared.config.secret-parts");
const READY = Symbol.for("@glam/shared.config.ready");

/** The variables of a ready schema in addition to those named after its path. */
export interface ReadySchema {
  /** Variables with the service's prefix, and the keys that they set: `{ DB_HOST: "host" }`. */
  readonly prefixed?: Readonly<Record<string, string>>;
  /** Variables without a prefix, and the keys that they set. */
  readonly shared?: Readonly<Record<string, string>>;
  /**
   * Keys that a key replaces: `{ url: ["host", "port"] }`. A variable that sets `url` clears `host` and `port` of the
   * sources below. One without a prefix is ignored when one with the prefix sets `host` or `port`.
   */
  readonly replaces?: Readonly<Record<string, readonly string[]>>;
  /** The key whose default is the name of the service. */
  readonly serviceKey?: string;
}

/** Marks the values of a schema as secret. */
export function markSecret<Schema extends z.core.$ZodType>(schema: Schema): Schema {
  return mark(schema, SECRET, true);
}

/** Whether a schema was marked by {@link markSecret}. */
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

/** Marks a schema with its variables. */
export function markReady<Schema extends z.core.$ZodType>(schema: Schema, ready: ReadySchema): Schema {
  return mark(schema, READY, ready);
}

/** The variables that a schema was marked with by {@link markReady}. */
export function readyMark(schema: SchemaLike): ReadySchema | undefined {
  return schema._zod.def[READY] as ReadySchema | undefined;
}

function mark<Schema extends z.core.$ZodType>(schema: Schema, key: symbol, value: unknown): Schema {
  Object.defineProperty(schema._zod.def, key, { value, enumerable: true });
  return schema;
}
