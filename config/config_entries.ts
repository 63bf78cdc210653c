import type * as z from "zod";
import { createRedactor } from "../logging/redact.ts";
import { type ConfigMap, isConfigMap } from "./deep_merge.ts";
import { coerce } from "./_coerce.ts";
import { sourceOf } from "./_config_layer.ts";
import type { ConfigReading } from "./read_config.ts";
import { hideTexts, isSecret, secretTexts } from "./_secrets.ts";
import { ANYTHING, defaultOf, mapShape, type SchemaLike, schemaLike, unwrap } from "./_zod.ts";

/** One value of a configuration. */
export interface ConfigEntry {
  /** Its path, such as `database.port`. */
  readonly path: string;
  /** The input value of the schema; `[redacted]` for a secret, and for the credentials in a URL. */
  readonly value: unknown;
  /** Where it was set: `config/shared.yml:4`, the name of a variable, or `default`. */
  readonly source: string;
}

/** All values of a configuration with their sources, including the defaults of the schema. */
export function configEntries(
  schema: z.core.$ZodType,
  { merged, layers }: Pick<ConfigReading<unknown>, "layers" | "merged">,
): ConfigEntry[] {
  const entries: ConfigEntry[] = [];
  const texts = new Set(layers.flatMap((layer) => [...secretTexts(schemaLike(schema), layer.value)]));

  function visit(
    schema: SchemaLike,
    value: unknown,
    path: readonly string[],
    within: readonly SchemaLike[],
  ): void {
    const isSet = value !== undefined;
    const shown = isSet ? value : defaultOf(schema);
    const core = unwrap(schema);
    if (shown === undefined && within.includes(core)) return; // a lazy schema can contain itself
    const members = membersOf(schema, shown);
    if (members !== undefined) {
      for (const [key, member, inner] of members) visit(inner, member, [...path, key], [...within, core]);
    } else if (shown !== undefined && shown !== null) {
      const source = (isSet ? sourceOf(layers, path) : undefined) ?? "default";
      entries.push({ path: path.join("."), value: masked(schema, shown, path), source });
    }
  }

  function masked(schema: SchemaLike, value: unknown, path: readonly string[]): unknown {
    if (isSecret(schema) || isNamedSecret(path.at(-1), value)) return "[redacted]";
    const text = JSON.stringify(value, plain);
    const hidden = [...texts, ...secretTexts(schema, value)].map((secret) =>
      JSON.stringify(secret).slice(1, -1)
    );
    try {
      return JSON.parse(hideTexts(text, hidden));
    } catch {
      return "[redacted]"; // the secret was a number, and the text is no JSON any more
    }
  }

  visit(schemaLike(schema), coerce(schemaLike(schema), merged), [], []);
  return entries;
}

/** The members of a map that are set or that the schema names, or `undefined` where the value is not a map. */
function membersOf(
  schema: SchemaLike,
  value: unknown,
): (readonly [key: string, value: unknown, schema: SchemaLike])[] | undefined {
  if (isSecret(schema) || (value !== undefined && !isConfigMap(value))) return undefined;
  const shape = mapShape(schema, value);
  const members = value ?? {};
  const keys = [...new Set([...shape?.keys.keys() ?? [], ...Object.keys(members)])];
  if (shape === undefined || keys.length === 0) return undefined;
  return keys.map((key) => [key, (members as ConfigMap)[key], shape.keys.get(key) ?? shape.rest ?? ANYTHING]);
}

const redactor = /* @__PURE__ */ createRedactor();

/** Whether a log line would hide this value for the name of its key. Numbers, such as the lifetime of a token, are shown. */
function isNamedSecret(key: string | undefined, value: unknown): boolean {
  return key !== undefined && redactor.secrecyOf(key) !== "public" &&
    !/^(?:number|boolean)$/.test(typeof value);
}

/** Texts without the credentials of URLs, and what JSON cannot write. */
function plain(_: string, value: unknown): unknown {
  if (typeof value === "string") return redactor.text(value);
  return value instanceof Set ? [...value] : typeof value === "bigint" ? String(value) : value;
}
