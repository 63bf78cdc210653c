import * as z from "zod";
import { JsonImages } from "./_json_images.ts";
import type { JsonSchema, SchemaPlace } from "./_json_schema_types.ts";
export type { JsonSchema, SchemaPlace, SchemaUse } from "./_json_schema_types.ts";
import { defOf, shapeOf, type ZodSchema } from "./_zod_def.ts";
import type { SchemaLike } from "./schema_like.ts";

/** One part of an object schema. */
export type SchemaMember = readonly [name: string, isRequired: boolean, schema: JsonSchema];

/** Options of a {@link SchemaWriter}. */
export interface SchemaWriterOptions {
  /**
   * Whether patterns, formats and the bounds of integers stay as Zod writes them, and not only what tools of others make
   * use of.
   * @default false
   */
  readonly isVerbatim?: boolean;
}

/** Writes the schemas of a document, and collects those that it refers to. */
export class SchemaWriter {
  /** Schemas by name. */
  readonly components: Map<string, JsonSchema> = new Map();
  readonly #isVerbatim: boolean;
  /** The Zod schema of each id, so that no two share one. */
  readonly #owners = new Map<string, object>();
  /** What schemas were written as, by their images. */
  readonly #written = new WeakMap<SchemaLike, Map<string, JsonSchema>>();
  /** The same by their use, as a conversion is what takes the time. */
  readonly #results = {
    request: new WeakMap<SchemaLike, JsonSchema>(),
    response: new WeakMap<SchemaLike, JsonSchema>(),
  };

  constructor({ isVerbatim = false }: SchemaWriterOptions = {}) {
    this.#isVerbatim = isVerbatim;
  }

  /**
   * What travels for a schema.
   *
   * @throws {TypeError} when JSON has no image of it, or its id is another schema's.
   */
  write(schema: SchemaLike, place: SchemaPlace): JsonSchema {
    const results = this.#results[place.use];
    const known = results.get(schema);
    if (known !== undefined) return known;
    const result = this.#write(schema, place);
    results.set(schema, result);
    return result;
  }

  #write(schema: SchemaLike, place: SchemaPlace): JsonSchema {
    const { $schema: _, $id: __, $defs = {}, ...root } = this.#convert(schema, place);
    if (root.id === undefined && Object.keys($defs).length === 0 && !refers(root)) return root;
    const text = JSON.stringify([root, $defs]);
    // The same schema again, in whatever use: the same names.
    const images = this.#written.get(schema) ?? new Map<string, JsonSchema>();
    this.#written.set(schema, images);
    const known = images.get(text);
    if (known !== undefined) return known;
    const refs = new Map(Object.entries($defs).map(([name, image]) => [`#/$defs/${name}`, image]));
    const { id, ...nameless } = root;
    const isNamed = typeof id === "string" && this.#owners.has(id);
    const isRecursive = text.includes('"$ref":"#"');
    if (isNamed || isRecursive) refs.set("#", nameless);
    const names = this.#nameAll(refs, place, isNamed ? id as string : undefined);
    for (const [ref, image] of refs) this.components.set(names.get(ref)!, this.#refer(image, names));
    const result = refs.has("#") ? componentRef(names.get("#")!) : this.#refer(root, names);
    images.set(text, result);
    return result;
  }

  #convert(schema: SchemaLike, place: SchemaPlace): JsonSchema & { $defs?: Record<string, JsonSchema> } {
    const images = new JsonImages(place, this.#owners, this.#isVerbatim);
    return z.toJSONSchema(schema as unknown as z.ZodType, {
      io: "input", // what travels: of a codec the text
      unrepresentable: "any",
      cycles: "ref",
      override: (context) => images.override(context as never),
    }) as JsonSchema;
  }

  /** Names for what is referred to. The image of an answer that differs from that of a request has a name of its own. */
  #nameAll(
    refs: ReadonlyMap<string, JsonSchema>,
    { operationId, use }: SchemaPlace,
    rootId: string | undefined,
  ): Map<string, string> {
    const names = new Map<string, string>();
    let number = 0;
    for (const ref of refs.keys()) {
      const id = ref === "#" ? rootId : ref.slice("#/$defs/".length);
      if (id !== undefined && this.#owners.has(id)) {
        names.set(ref, id);
        continue;
      }
      do number++; while (this.components.has(`${operationId}_${number}`));
      names.set(ref, `${operationId}_${number}`);
    }
    if (use === "request") return names;
    // Until nothing changes: what refers to a schema that got another name differs, too.
    for (let isChanged = true; isChanged;) {
      isChanged = false;
      for (const [ref, image] of refs) {
        const name = names.get(ref)!;
        const known = this.components.get(name);
        if (known === undefined || name.endsWith("Output") || isSame(known, this.#refer(image, names))) {
          continue;
        }
        names.set(ref, `${name}Output`);
        isChanged = true;
      }
    }
    return names;
  }

  /** The same with references into the document. */
  #refer(image: JsonSchema, names: ReadonlyMap<string, string>): JsonSchema {
    const walk = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(walk);
      if (typeof value !== "object" || value === null) return value;
      const { $ref } = value as { readonly $ref?: unknown };
      if (typeof $ref === "string") return componentRef(names.get($ref) ?? $ref);
      return Object.fromEntries(
        Object.entries(value).flatMap(([key, each]) =>
          key === "id" && typeof each === "string" && this.#owners.has(each) ? [] : [[key, walk(each)]]
        ),
      );
    };
    return walk(image) as JsonSchema;
  }

  /** The parts of an object schema, or of a union of some: the parameters of a request. */
  members(schema: SchemaLike, place: SchemaPlace): readonly SchemaMember[] {
    const { options } = shapeOf(schema) === undefined ? defOf(schema) ?? {} : {};
    if (options !== undefined) return merged(options.map((option) => this.members(option, place)));
    return Object.entries(shapeOf(schema) ?? {}).map(([name, child]) => [
      name,
      (child as ZodSchema)._zod.optin === undefined,
      this.write(child, { ...place, label: `${place.label}.${name}` }),
    ]);
  }
}

function componentRef(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

/** What any of several takes is taken, what all of them require is required. */
function merged(options: readonly (readonly SchemaMember[])[]): readonly SchemaMember[] {
  const names = new Set(options.flatMap((members) => members.map(([name]) => name)));
  return [...names].map((name) => {
    const known = options.flatMap((members) => members.filter((member) => member[0] === name));
    const images = new Map(known.map(([, , schema]) => [JSON.stringify(schema), schema]));
    const schema = images.size === 1 ? known[0]![2] : { anyOf: [...images.values()] };
    return [name, known.length === options.length && known.every(([, isRequired]) => isRequired), schema];
  });
}

/** Whether anything in a schema refers to a schema. */
function refers(value: object): boolean {
  for (const key in value) {
    const each = (value as Record<string, unknown>)[key];
    if (key === "$ref" || (typeof each === "object" && each !== null && refers(each))) return true;
  }
  return false;
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
