import * as z from "zod";
import { markSecret } from "./_schema_marks.ts";

/** A value that nothing prints: only {@link Secret.reveal} gives it. */
export interface Secret<T = string> {
  /** The value. */
  reveal(): T;
  /** `[redacted]`. */
  toString(): string;
  /** `[redacted]`. */
  toJSON(): string;
}

const REDACTED = "[redacted]";

/** A private member is what neither inspection, nor a copy, nor a comparison shows. */
class HiddenSecret<T> implements Secret<T> {
  readonly #value: T;

  static {
    const show = { value: () => REDACTED, configurable: true };
    Object.defineProperty(this.prototype, Symbol.for("nodejs.util.inspect.custom"), show);
    Object.defineProperty(this.prototype, Symbol.for("Deno.customInspect"), show);
    Object.defineProperty(this.prototype, Symbol.toStringTag, { value: "Secret", configurable: true });
  }

  constructor(value: T) {
    this.#value = value;
  }

  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }
}

/**
 * A schema for a value that must not be shown: what it gives prints as `[redacted]`, in templates, `JSON.stringify`
 * and on the console alike, and has the value behind `reveal()`. No error of {@link loadConfig} shows it.
 *
 * `schema` is what the value must fit, by default a text that is not empty.
 *
 * @example
 * ```ts
 * import { secret } from "@glam/shared/config";
 * import * as z from "zod";
 *
 * const schema = z.object({ apiKey: secret(z.string().min(8)) });
 * const config = schema.parse({ apiKey: "k3y-of-glam" });
 * console.log(JSON.stringify(config), config.apiKey.reveal().length); // {"apiKey":"[redacted]"} 11
 * ```
 */
export function secret(): z.ZodType<Secret, string>;
/** A secret that fits `schema`. */
export function secret<Schema extends z.ZodType>(
  schema: Schema,
): z.ZodType<Secret<z.output<Schema>>, z.input<Schema>>;
export function secret(schema: z.ZodType = z.string().min(1)): z.ZodType<Secret<unknown>, unknown> {
  return markSecret(z.pipe(schema, z.transform((value): Secret<unknown> => new HiddenSecret(value))));
}
