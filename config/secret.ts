import * as z from "zod";
import { markSecret } from "./_schema_marks.ts";

/** A value that is never printed. Only {@link Secret.reveal} returns it. */
export interface Secret<T = string> {
  /** The value; of a text that a variable such as `CATALOG_PASSWORD_FILE` names a file for, the one that is there now. */
  reveal(): T;
  /** `[redacted]`. */
  toString(): string;
  /** `[redacted]`. */
  toJSON(): string;
}

const REDACTED = "[redacted]";

/** Holds the value in a private member, which neither inspection nor copying nor comparison exposes. */
class HiddenSecret<T> implements Secret<T> {
  #value: T;
  #readNow: (() => T | undefined) | undefined;

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
    return this.#value = this.#readNow?.() ?? this.#value;
  }

  /** Reads the value again with each {@link reveal}; `undefined` keeps the last one. */
  follow(readNow: () => T | undefined): void {
    this.#readNow = readNow;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }
}

/**
 * Makes the schema of a secret. Its output prints as `[redacted]` in templates, `JSON.stringify` and on the console, and
 * returns the value from `reveal()`. Errors of {@link loadConfig} never contain the value.
 *
 * `schema` validates the value. By default the value is a non-empty string.
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
/** Makes the schema of a secret that `schema` validates. */
export function secret<Schema extends z.ZodType>(
  schema: Schema,
): z.ZodType<Secret<z.output<Schema>>, z.input<Schema>>;
export function secret(schema: z.ZodType = z.string().min(1)): z.ZodType<Secret<unknown>, unknown> {
  return markSecret(z.pipe(schema, z.transform((value): Secret<unknown> => new HiddenSecret(value))));
}

/** Lets the secret texts in a configuration follow the files that they were read from. */
export function followFiles(config: unknown, files: ReadonlyMap<string, () => string | undefined>): void {
  if (files.size === 0) return;
  const seen = new Set<object>();
  const visit = (value: unknown) => {
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    seen.add(value);
    if (!(value instanceof HiddenSecret)) return Object.values(value).forEach(visit);
    const readNow = files.get(value.reveal() as string);
    if (readNow !== undefined) value.follow(readNow);
  };
  visit(config);
}
