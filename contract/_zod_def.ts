import type { SchemaLike } from "./schema_like.ts";

/** What is read of the definition of a Zod schema. */
export interface ZodDef {
  readonly type: string;
  readonly checks?: readonly ZodCheck[];
  /** Of a string or number format, which is its own first check. */
  readonly check?: string;
  readonly format?: string;
  readonly pattern?: RegExp;
  readonly coerce?: boolean;
  readonly shape?: Readonly<Record<string, ZodSchema>>;
  readonly catchall?: ZodSchema;
  readonly element?: ZodSchema;
  readonly innerType?: ZodSchema;
  readonly options?: readonly ZodSchema[];
  readonly discriminator?: string;
  readonly inclusive?: boolean;
  readonly entries?: Readonly<Record<string, number | string>>;
  readonly values?: readonly unknown[];
  readonly keyType?: ZodSchema;
  readonly valueType?: ZodSchema;
  readonly items?: readonly ZodSchema[];
  readonly rest?: ZodSchema | null;
  readonly left?: ZodSchema;
  readonly right?: ZodSchema;
  readonly in?: ZodSchema;
  readonly out?: ZodSchema;
  readonly transform?: unknown;
  readonly reverseTransform?: unknown;
  readonly getter?: () => ZodSchema;
  readonly parts?: readonly unknown[];
  readonly [mark: symbol]: unknown;
}

/** What is read of a check. */
export interface ZodCheck {
  readonly _zod: {
    readonly def: {
      readonly check: string;
      readonly format?: string;
      readonly pattern?: RegExp;
      readonly value?: unknown;
      readonly minimum?: number;
      readonly maximum?: number;
      readonly length?: number;
      readonly inclusive?: boolean;
    };
  };
}

/** A Zod schema as it is at run time. */
export interface ZodSchema extends SchemaLike {
  readonly _zod: {
    readonly output: unknown;
    readonly input: unknown;
    readonly def: ZodDef;
    readonly optin?: "defaulted" | "optional" | undefined;
    readonly optout?: "optional" | undefined;
  };
}

/** The definition of a schema; `undefined` where it is no Zod schema. */
export function defOf(schema: unknown): ZodDef | undefined {
  const def = (schema as Partial<ZodSchema> | null | undefined)?._zod?.def;
  return typeof def?.type === "string" ? def : undefined;
}

/** The schemas that a schema is made of, with the step that leads to each. */
export function childrenOf(schema: ZodSchema): readonly (readonly [step: string, child: ZodSchema])[] {
  const def = schema._zod.def;
  const list = (schemas: readonly ZodSchema[] | undefined, step: (index: number) => string) =>
    (schemas ?? []).map((child, index) => [step(index), child] as const);
  const one = (child: ZodSchema | null | undefined, step: string) => child ? [[step, child] as const] : [];
  return [
    ...Object.entries(def.shape ?? {}),
    ...one(def.catchall, "*"),
    ...one(def.element, "[]"),
    ...one(def.innerType, ""),
    ...list(def.options, () => ""),
    ...one(def.keyType, "key"),
    ...one(def.valueType, "*"),
    ...list(def.items, String),
    ...one(def.rest, "[]"),
    ...one(def.left, ""),
    ...one(def.right, ""),
    ...one(def.in, ""),
    ...one(def.out, ""),
    ...one(def.getter?.(), ""),
  ];
}

/** The schema of an object behind what wraps it; `undefined` where it is something else. */
export function shapeOf(schema: unknown): Readonly<Record<string, ZodSchema>> | undefined {
  const def = defOf(schema);
  if (def === undefined) return undefined;
  if (def.shape !== undefined) return def.shape;
  if (def.type === "intersection") {
    const left = shapeOf(def.left);
    const right = shapeOf(def.right);
    return left && right && { ...left, ...right };
  }
  return shapeOf(def.type === "pipe" ? def.in : def.innerType ?? def.getter?.());
}
