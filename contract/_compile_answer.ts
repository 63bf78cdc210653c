/**
 * Compiles a schema into closures that write its values, several times as fast as Zod: no text is evaluated, so that it runs
 * under any content security policy. A closure gives what to write, or that the value does not fit (`MISFIT`), or that only
 * Zod can tell (`UNSURE`).
 *
 * @module
 */
import { codecKind } from "./_codec_mark.ts";
import { compileLeaf } from "./_compile_leaf.ts";
import type { ZodDef, ZodSchema } from "./_zod_def.ts";
import { MISFIT, UNSURE, type Write } from "./_written.ts";

/** Asks Zod to write the value of a part; `undefined` where it does not fit, or is not known at once. */
export type AskZod = (part: ZodSchema) => (value: unknown) => { readonly value: unknown } | undefined;

/** The closure of a schema. */
export function compileAnswer(schema: ZodSchema, askZod: AskZod): Write {
  return new Compiler(askZod).compile(schema);
}

class Compiler {
  readonly #askZod: AskZod;
  /** Closures by schema, so that a recursive one finds itself. */
  readonly #known = new Map<ZodSchema, { write: Write }>();

  constructor(askZod: AskZod) {
    this.#askZod = askZod;
  }

  compile(schema: ZodSchema): Write {
    const known = this.#known.get(schema);
    if (known !== undefined) return (value) => known.write(value);
    const entry = { write: (_: unknown): unknown => UNSURE };
    this.#known.set(schema, entry);
    return entry.write = this.#compile(schema) ?? this.#zod(schema);
  }

  #zod(schema: ZodSchema): Write {
    const ask = this.#askZod(schema);
    return (value) => {
      const written = ask(value);
      return written === undefined ? UNSURE : written.value;
    };
  }

  #compile({ _zod: { def } }: ZodSchema): Write | undefined {
    const leaf = compileLeaf(def);
    if (leaf !== undefined) return leaf;
    if (def.checks?.length && def.type !== "array") return undefined;
    if (codecKind(def) !== undefined) return undefined;
    switch (def.type) {
      case "array":
        return this.#array(def);
      case "lazy":
        return this.compile(def.getter!());
      case "nullable":
        return nullable(this.compile(def.innerType!));
      case "object":
        return this.#object(def);
      case "optional":
        return optional(this.compile(def.innerType!));
      case "readonly":
        return this.compile(def.innerType!);
      case "record":
        return this.#record(def);
      case "union":
        return this.#union(def);
    }
    return undefined;
  }

  #array(def: ZodDef): Write | undefined {
    let min = 0;
    let max = Infinity;
    for (const { _zod: { def: { check, minimum, maximum, length } } } of def.checks ?? []) {
      if (check === "min_length") min = Math.max(min, minimum!);
      else if (check === "max_length") max = Math.min(max, maximum!);
      else if (check === "length_equals") min = max = length!;
      else return undefined;
    }
    const write = this.compile(def.element!);
    return (value) => {
      if (!Array.isArray(value) || value.length < min || value.length > max) return MISFIT;
      let copy: unknown[] | undefined;
      for (let i = 0; i < value.length; i++) {
        const each = value[i];
        const written = write(each);
        if (written === MISFIT || written === UNSURE) return written;
        if (copy !== undefined) copy[i] = written;
        else if (written !== each) {
          copy = value.slice(0, i);
          copy[i] = written;
        }
      }
      return copy ?? value;
    };
  }

  /** Writes an object as it is where it has no other members than the schema, and none that a codec changes. */
  #object(def: ZodDef): Write | undefined {
    if (def.catchall !== undefined) return undefined;
    const names = Object.keys(def.shape!);
    if (names.includes("__proto__") || names.includes("toJSON")) return undefined;
    const writes = names.map((name) => this.compile(def.shape![name]!));
    const mayMiss = names.map((name) => def.shape![name]!._zod.def.type === "optional");
    return (value) => {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return MISFIT;
      if (!isPlain(value)) return UNSURE;
      let known = 0;
      let changes: unknown[] | undefined; // name and value, in turns
      for (let i = 0; i < names.length; i++) {
        const name = names[i]!;
        const each = (value as Record<string, unknown>)[name];
        if (each === undefined) {
          if (!mayMiss[i]) return UNSURE;
          if (Object.hasOwn(value, name)) known++;
          continue;
        }
        known++;
        const written = writes[i]!(each);
        if (written === MISFIT || written === UNSURE) return written;
        if (written === each) continue;
        if (changes === undefined) changes = [name, written];
        else changes.push(name, written);
      }
      const isWhole = countMembers(value) === known;
      if (changes === undefined) return isWhole ? value : pick(value as Record<string, unknown>, names);
      const copy = isWhole ? { ...value } : pick(value as Record<string, unknown>, names);
      for (let i = 0; i < changes.length; i += 2) {
        (copy as Record<string, unknown>)[changes[i] as string] = changes[i + 1];
      }
      return copy;
    };
  }

  #record(def: ZodDef): Write | undefined {
    const key = def.keyType!._zod.def;
    if (key.type !== "string" || key.checks?.length || key.check !== undefined) return undefined;
    const write = this.compile(def.valueType!);
    return (value) => {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return MISFIT;
      if (!isPlain(value) || Object.hasOwn(value, "toJSON") || Object.hasOwn(value, "__proto__")) {
        return UNSURE;
      }
      let copy: Record<string, unknown> | undefined;
      for (const name of Object.keys(value)) {
        const each = (value as Record<string, unknown>)[name];
        if (each === undefined) return UNSURE;
        const written = write(each);
        if (written === MISFIT || written === UNSURE) return written;
        if (written !== each) (copy ??= { ...value })[name] = written;
      }
      return copy ?? value;
    };
  }

  /** The first option that fits, as with Zod; only one of a discriminated union can. */
  #union(def: ZodDef): Write | undefined {
    if (def.inclusive === false && def.discriminator === undefined) return undefined; // exactly one may fit
    const writes = def.options!.map((option) => this.compile(option));
    return (value) => {
      for (const write of writes) {
        const written = write(value);
        if (written !== MISFIT) return written;
      }
      return MISFIT;
    };
  }
}

function nullable(write: Write): Write {
  return (value) => value === null ? null : write(value);
}

function optional(write: Write): Write {
  return (value) => value === undefined ? undefined : write(value);
}

/** Whether JSON has of an object what its own members say. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function pick(value: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const name of names) {
    if (value[name] !== undefined) picked[name] = value[name];
  }
  return picked;
}

function countMembers(value: object): number {
  let count = 0;
  for (const _ in value) count++;
  return count;
}
