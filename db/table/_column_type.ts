import type * as z from "zod";

/** What a Zod schema says about its column. */
export interface ColumnSchema {
  /** The schema without `optional`, `nullable`, `default` and similar wrappers. */
  readonly inner: z.ZodType;
  /** Whether the column takes null: the schema is nullable or optional without a default. */
  readonly nullable: boolean;
  /** Whether a row may leave it out. */
  readonly optional: boolean;
}

interface AnyDef {
  readonly type: string;
  readonly format?: string;
  readonly local?: boolean;
  readonly precision?: number | null;
  readonly innerType?: z.ZodType;
  /** Of an array. */
  readonly element?: z.ZodType;
  /** Of a tuple. */
  readonly items?: readonly z.ZodType[];
  /** Of an object. */
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  /** Of an object: the schema of other members. */
  readonly catchall?: z.ZodType;
  /** Of a record. */
  readonly valueType?: z.ZodType;
  /** Of an enum. */
  readonly entries?: Readonly<Record<string, unknown>>;
  /** Of a literal. */
  readonly values?: readonly unknown[];
  /** Of a pipe. */
  readonly out?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly checks?: readonly { readonly _zod: { readonly def: AnyDef } }[];
}

/** The definition of a schema, as one type for all classes of schemas. */
export function defOf(schema: z.ZodType): AnyDef {
  return schema._zod.def as unknown as AnyDef;
}

/** Unwraps what only says whether a value may be missing. */
export function describeSchema(schema: z.ZodType): ColumnSchema {
  let inner = schema;
  let nullable = false;
  let missing = false;
  let defaulted = false;
  while (true) {
    const { type, innerType } = defOf(inner);
    if (type === "nullable") nullable = true;
    else if (type === "optional") missing = true;
    else if (type === "default" || type === "prefault" || type === "catch") defaulted = true;
    else if (type === "nonoptional") missing = false;
    else if (type !== "readonly") break;
    inner = innerType!;
  }
  nullable ||= takesNull(inner) || (missing && !defaulted);
  return { inner, nullable, optional: missing || defaulted };
}

/** Whether the schema itself takes null, as `z.unknown()` and `z.union([z.string(), z.null()])` do. */
function takesNull(schema: z.ZodType): boolean {
  const { type, options } = defOf(schema);
  if (type === "union") return options!.some((option) => describeSchema(option).nullable);
  return type === "any" || type === "unknown" || type === "null";
}

/** What `typeof` says of the values of a schema, or `date`; `undefined` where they are of more than one type. */
export function valueTypeOf(schema: z.ZodType): string | undefined {
  const { inner } = describeSchema(schema);
  const def = defOf(inner);
  switch (def.type) {
    case "string":
    case "template_literal":
      return "string";
    case "number":
    case "bigint":
    case "boolean":
    case "date":
      return def.type;
    case "enum":
      return common(Object.values(def.entries!).map((value) => typeof value));
    case "literal":
      return common(def.values!.filter((value) => value !== null).map((value) => typeof value));
    case "union":
      return common(def.options!.filter((option) => defOf(option).type !== "null").map(valueTypeOf));
    case "pipe":
      return valueTypeOf(def.out!); // of a transform nobody knows
    default:
      return undefined;
  }
}

function common(types: readonly (string | undefined)[]): string | undefined {
  return new Set(types).size === 1 ? types[0] : undefined;
}

/** The schema of an array's elements; with `nested`, of those of its innermost dimension. */
export function elementOf(schema: z.ZodType, nested: boolean): z.ZodType {
  let { inner } = describeSchema(schema);
  for (let first = true; first || nested; first = false) {
    const { type, element, items } = defOf(inner);
    const next = type === "array" ? element : type === "tuple" ? items?.[0] : undefined;
    if (next === undefined) break;
    inner = describeSchema(next).inner;
  }
  return inner;
}

/** The digits of a second that a schema of ISO 8601 asks for, if it does. */
export function precisionOf(schema: z.ZodType): number | undefined {
  return stringFormat(defOf(schema))?.precision ?? undefined;
}

/** The only reasonable Postgres type of a schema, and the check that its values must pass. */
export interface ColumnType {
  readonly type: string;
  /** The texts that the column may hold, of an enum. */
  readonly oneOf?: readonly string[] | undefined;
}

/** The Postgres type of a schema, or the reason why `columnTypes` has to give it. */
export function columnTypeOf(schema: z.ZodType): ColumnType | string {
  const def = defOf(schema);
  switch (def.type) {
    case "string":
      return textType(schema as z.ZodString, stringFormat(def));
    case "number":
      return numberType((schema as z.ZodNumber).format);
    case "bigint":
      return (schema as z.ZodBigInt).format === "uint64"
        ? 'an unsigned 64-bit integer does not fit a bigint: "numeric(20)"'
        : { type: "bigint" };
    case "boolean":
      return { type: "boolean" };
    case "date":
      return { type: "timestamptz" };
    case "object":
    case "record":
      return { type: "jsonb" };
    case "enum":
      return oneOf((schema as z.ZodEnum).options);
    case "literal":
      return oneOf([...(schema as z.ZodLiteral).values]);
    case "array":
      return 'an array can be "jsonb" or, for example, "text[]"';
    default:
      return `a schema of type "${def.type}" can be stored in many ways, for example as "jsonb" or "text"`;
  }
}

/** The format of a text, whether it is the schema itself (`z.uuid()`) or a check (`z.string().uuid()`). */
function stringFormat(def: AnyDef): AnyDef | undefined {
  return def.format !== undefined
    ? def
    : def.checks?.map(({ _zod }) => _zod.def).find(({ format }) => format !== undefined);
}

function textType({ maxLength }: z.ZodString, format: AnyDef | undefined): ColumnType | string {
  switch (format?.format) {
    case "uuid":
    case "guid":
      return { type: "uuid" };
    case "date":
      return { type: "date" };
    case "time":
      return { type: "time" };
    case "datetime":
      return format.local === true
        ? 'a date and time without an offset can be "timestamp" or "timestamptz"'
        : { type: "timestamptz" };
  }
  return maxLength === null
    ? { type: "text" }
    : `a text of at most ${maxLength} characters can be "varchar(${maxLength})" or "text"`;
}

function numberType(format: string | null): ColumnType | string {
  switch (format) {
    case "int32":
      return { type: "integer" };
    case "float32":
      return { type: "real" };
    case "float64":
      return { type: "double precision" };
    case "safeint":
      return 'an integer can be "integer" or "bigint"; z.int32() and z.int64() say which';
    case "uint32":
      return 'an unsigned 32-bit integer can be "bigint" or, with a check, "integer"';
    default:
      return 'a number can be "integer", "bigint", "double precision" or "numeric(12,2)"';
  }
}

function oneOf(values: readonly unknown[]): ColumnType | string {
  return values.every((value) => typeof value === "string")
    ? { type: "text", oneOf: values }
    : 'values that are not all texts can be, for example, "integer", "boolean" or "jsonb"';
}
