import * as z from "zod";
import type { JsonSchema, SchemaPlace } from "./_json_schema_types.ts";
import type { ZodDef, ZodSchema } from "./_zod_def.ts";

/** Types that JSON lacks, and of which nothing travels. */
const NO_IMAGE: ReadonlySet<string> = new Set([
  ...["bigint", "custom", "date", "function", "map", "nan", "promise", "set", "symbol", "undefined", "void"],
]);

/** Formats of JSON Schema; those of Zod alone say nothing to others. */
const FORMATS: ReadonlySet<string> = new Set([
  ...[
    "binary",
    "byte",
    "date",
    "date-time",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "time",
    "uri",
    "uuid",
  ],
]);

interface OverrideContext {
  readonly zodSchema: ZodSchema;
  readonly jsonSchema: JsonSchema;
  readonly path: readonly (number | string)[];
}

/** Puts right what Zod's own conversion says of a schema, or leaves out. */
export class JsonImages {
  readonly #place: SchemaPlace;
  readonly #owners: Map<string, object>;
  readonly #isVerbatim: boolean;

  constructor(place: SchemaPlace, owners: Map<string, object>, isVerbatim: boolean) {
    this.#place = place;
    this.#owners = owners;
    this.#isVerbatim = isVerbatim;
  }

  /** Changes the image of one schema. */
  override({ zodSchema, jsonSchema, path }: OverrideContext): void {
    const { def } = zodSchema._zod;
    this.#claim(zodSchema, def);
    delete jsonSchema["readOnly"]; // of `.readonly()`: OpenAPI takes it for "not in requests"
    if (NO_IMAGE.has(def.type)) Object.assign(jsonSchema, this.#image(def, path));
    if (
      def.type === "literal" && def.values?.some((value) => value === undefined || typeof value === "bigint")
    ) {
      throw this.#refuse(path, "a literal that JSON lacks");
    }
    if (def.type === "object") this.#requireMembers(def, jsonSchema);
    if (def.type === "default" || def.type === "prefault") keepConstantDefault(def, jsonSchema);
    if (this.#isVerbatim) return;
    if (jsonSchema["type"] === "integer") dropSafeBounds(jsonSchema);
    if (jsonSchema["type"] === "string") keepCommonFormat(def, jsonSchema);
  }

  #claim(schema: ZodSchema, def: ZodDef): void {
    const id = z.globalRegistry.get(schema as never)?.id;
    if (typeof id !== "string") return;
    const owner = this.#owners.get(id);
    if (owner === undefined) this.#owners.set(id, def);
    else if (owner !== def) {
      throw new TypeError(`Cannot describe ${this.#place.label}: two schemas have the id "${id}"`);
    }
  }

  #image(def: ZodDef, path: readonly (number | string)[]): JsonSchema {
    if (def.coerce && this.#place.use === "request") {
      if (def.type === "date") return { type: "string", format: "date-time" };
      if (def.type === "bigint") return { type: "string", pattern: "^-?[0-9]+$" };
    }
    if (def.type === "bigint" && this.#place.bigints === "integer") return { type: "integer" };
    throw this.#refuse(path, `the type ${def.type}`);
  }

  #refuse(path: readonly (number | string)[], what: string): TypeError {
    const place = path.filter((step) => step !== "properties").join(".");
    return new TypeError(
      `Cannot describe ${this.#place.label}${
        place === "" ? "" : `, at ${place}`
      }: JSON has no image of ${what}`,
    );
  }

  /** Of a request what has a default may be left out, of an answer it is there. */
  #requireMembers({ shape = {}, catchall }: ZodDef, jsonSchema: JsonSchema): void {
    const side = this.#place.use === "request" ? "optin" : "optout";
    const required = Object.keys(shape).filter((name) => shape[name]!._zod[side] === undefined);
    if (required.length > 0) jsonSchema["required"] = required;
    else delete jsonSchema["required"];
    if (catchall?._zod.def.type !== "never") {
      if (jsonSchema["additionalProperties"] === false) delete jsonSchema["additionalProperties"];
    }
  }
}

/** A default that is another each time, such as a new id, is none of the contract. */
function keepConstantDefault(def: ZodDef, jsonSchema: JsonSchema): void {
  const read = () => JSON.stringify((def as { readonly defaultValue?: unknown }).defaultValue);
  const first = read();
  const isTimed = ["uuid", "date", "date-time", "time"].includes(jsonSchema["format"] as string);
  if (first === undefined || first !== read() || isTimed) delete jsonSchema["default"];
}

function dropSafeBounds(jsonSchema: JsonSchema): void {
  if (jsonSchema["minimum"] === Number.MIN_SAFE_INTEGER) delete jsonSchema["minimum"];
  if (jsonSchema["maximum"] === Number.MAX_SAFE_INTEGER) delete jsonSchema["maximum"];
}

function keepCommonFormat(def: ZodDef, jsonSchema: JsonSchema): void {
  const patterns = [def.pattern, ...(def.checks ?? []).map((check) => check._zod.def.pattern)];
  if (patterns.some((pattern) => pattern !== undefined && /[ims]/.test(pattern.flags))) {
    delete jsonSchema["pattern"]; // JSON Schema has no flags
    delete jsonSchema["allOf"];
  }
  const { format } = jsonSchema;
  if (typeof format !== "string") return;
  if (FORMATS.has(format)) delete jsonSchema["pattern"]; // 150 characters that say the same
  else delete jsonSchema["format"];
}
