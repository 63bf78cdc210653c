import type * as z from "zod";
import { InternalError } from "../../errors/common.ts";
import { toGlamError } from "../../errors/to_glam_error.ts";
import { isEqual } from "./_is_equal.ts";
import type { InsertOf, PatchOf, RowOf, Table } from "../table/table.ts";

/** What `defineMapper` takes: a table, and the schemas of what comes in and goes out. */
export interface MapperDefinition<
  T extends Table,
  In extends z.ZodType,
  Patch extends z.ZodType,
  Out extends z.ZodType,
> {
  /** The table. */
  readonly table: T;
  /** What a row is made from; where it is an object, of columns of the table. */
  readonly input: In;
  /** What a row is changed by; where it is an object, of columns of the table. */
  readonly patch: Patch;
  /** What is shown of a row. */
  readonly output: Out;
}

/** What a new row needs besides what comes in. */
export type MissingColumns<T extends Table, In extends z.ZodType> = Omit<InsertOf<T>, keyof z.output<In>>;

/** The bridge between what a service's clients send and see, and the rows of a table. */
export interface Mapper<
  T extends Table,
  In extends z.ZodType,
  Patch extends z.ZodType,
  Out extends z.ZodType,
> {
  /**
   * The row that a client asks for, with what the service adds to it, for `save`.
   *
   * @throws {ValidationError} when the input breaks a rule.
   */
  toModel(
    input: z.input<In>,
    ...extra: object extends MissingColumns<T, In> ? [extra?: Partial<InsertOf<T>>]
      : [extra: MissingColumns<T, In> & Partial<InsertOf<T>>]
  ): InsertOf<T>;
  /**
   * What of a patch was set, for `update`: what was left out stays as it is, and no default is filled in.
   *
   * @throws {ValidationError} when the patch breaks a rule.
   */
  toPatch(patch: z.input<Patch> | null | undefined): Partial<z.output<Patch>>;
  /**
   * A copy of the row with what of the patch was set.
   *
   * @throws {ValidationError} when the patch breaks a rule.
   */
  patchModel(row: RowOf<T>, patch: z.input<Patch> | null | undefined): RowOf<T>;
  /** Whether `after`, a row or a part of one, differs from the row in any column that it has. */
  isDirty(row: RowOf<T>, after: { readonly [K in keyof RowOf<T>]?: RowOf<T>[K] | undefined }): boolean;
  /**
   * What is shown of a row.
   *
   * @throws {InternalError} when the row is not what the schema says: nothing that a client could mend.
   */
  toOut(row: RowOf<T>): z.output<Out>;
  /**
   * What is shown of rows.
   *
   * @throws {InternalError} when a row is not what the schema says.
   */
  listToOut(rows: readonly RowOf<T>[]): z.output<Out>[];
}

/**
 * Defines how what clients send becomes rows of a table, and how rows become what clients see.
 *
 * @example
 * ```ts
 * import { defineMapper, defineTable, timestamps } from "@glam/shared/db";
 * import * as z from "zod";
 *
 * const Items = defineTable("items", {
 *   columns: z.object({ id: z.uuid(), name: z.string(), note: z.string().nullish() }),
 *   ...timestamps,
 * });
 * const mapper = defineMapper({
 *   table: Items,
 *   input: z.object({ name: z.string() }),
 *   patch: z.object({ name: z.string().optional(), note: z.string().nullish() }),
 *   output: z.object({ id: z.uuid(), name: z.string() }),
 * });
 *
 * console.log(mapper.toModel({ name: "Lamp" }, { id: crypto.randomUUID() }).name); // Lamp
 * console.log(mapper.toPatch({ note: null })); // { note: null }
 * ```
 *
 * @throws {TypeError} when `input` or `patch` has a member that is no column.
 */
export function defineMapper<
  T extends Table,
  In extends z.ZodType<Partial<InsertOf<T>>>,
  Patch extends z.ZodType<Partial<PatchOf<T>>>,
  Out extends z.ZodType,
>(
  definition:
    & MapperDefinition<T, In, Patch, Out>
    & { readonly output: RowOf<T> extends z.input<Out> ? unknown : never },
): Mapper<T, In, Patch, Out> {
  const { table, input, patch, output } = definition;
  assertColumns(table, "input", input);
  assertColumns(table, "patch", patch);
  const patchKeys = shapeOf(patch);

  const toPatch = (given: unknown): Partial<z.output<Patch>> => {
    if (given === null || given === undefined) return {};
    const parsed = parse(patch, given) as Partial<z.output<Patch>>;
    // A default of the schema is in what is parsed; whether a member was set says only what came in.
    const set = patchKeys === undefined ? parsed : given;
    const entries = Object.entries(parsed).filter(([key, value]) =>
      value !== undefined && (set as Record<string, unknown>)[key] !== undefined
    );
    return Object.fromEntries(entries) as Partial<z.output<Patch>>;
  };
  const toOut = (row: RowOf<T>): z.output<Out> => {
    const result = output.safeParse(row);
    if (result.success) return result.data;
    throw new InternalError(undefined, { cause: result.error });
  };
  return {
    toModel: (given, ...extra) => ({ ...parse(input, given) as object, ...extra[0] }) as InsertOf<T>,
    toPatch,
    patchModel: (row, given) => ({ ...row, ...toPatch(given) as object }),
    isDirty: (row, after) =>
      Object.entries(after).some(([column, value]) =>
        value !== undefined && !isEqual((row as Record<string, unknown>)[column], value)
      ),
    toOut,
    listToOut: (rows) => rows.map(toOut),
  };
}

function parse(schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw toGlamError(result.error);
}

/** The members of an object's schema; what a transform makes is known only when it runs. */
function shapeOf(schema: z.ZodType): readonly string[] | undefined {
  const { type } = schema._zod.def;
  return type === "object" ? Object.keys((schema as z.ZodObject).shape) : undefined;
}

function assertColumns(table: Table, option: string, schema: z.ZodType): void {
  const names = new Set(table.columns.map(({ name }) => name));
  const unknown = shapeOf(schema)?.find((key) => !names.has(key));
  if (unknown === undefined) return;
  throw new TypeError(
    `Cannot map "${table.name}": its ${option} has "${unknown}", which is no column; leave it out, or turn it into one with transform()`,
  );
}
