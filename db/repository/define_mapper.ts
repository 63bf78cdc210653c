import type * as z from "zod";
import { InternalError } from "../../errors/common.ts";
import { toGlamError } from "../../errors/to_glam_error.ts";
import { isEqual } from "./_is_equal.ts";
import type { InsertOf, PatchOf, RowOf, Table } from "../table/table.ts";

/** What `defineMapper` takes: a table, and the schemas of input, patch and output. */
export interface MapperDefinition<
  T extends Table,
  In extends z.ZodType,
  Patch extends z.ZodType,
  Out extends z.ZodType,
> {
  /** The table. */
  readonly table: T;
  /** The schema of the input for a new row. If it is an object, its members are columns of the table. */
  readonly input: In;
  /** The schema of a patch. If it is an object, its members are columns of the table. */
  readonly patch: Patch;
  /** The schema of what clients see of a row. */
  readonly output: Out;
}

/** The columns of a new row that the input does not have. */
export type MissingColumns<T extends Table, In extends z.ZodType> = Omit<InsertOf<T>, keyof z.output<In>>;

/** Converts between what the clients of a service send and see, and the rows of a table. */
export interface Mapper<
  T extends Table,
  In extends z.ZodType,
  Patch extends z.ZodType,
  Out extends z.ZodType,
> {
  /**
   * Validates the input and adds the columns of `extra`; gives a row for `save`.
   *
   * @throws {ValidationError} when the input breaks a rule.
   */
  toModel(
    input: z.input<In>,
    ...extra: object extends MissingColumns<T, In> ? [extra?: Partial<InsertOf<T>>]
      : [extra: MissingColumns<T, In> & Partial<InsertOf<T>>]
  ): InsertOf<T>;
  /**
   * Validates a patch; gives the members that were set, for `update`, without defaults of the schema.
   *
   * @throws {ValidationError} when the patch breaks a rule.
   */
  toPatch(patch: z.input<Patch> | null | undefined): Partial<z.output<Patch>>;
  /**
   * Validates a patch; gives a copy of the row with the members that were set.
   *
   * @throws {ValidationError} when the patch breaks a rule.
   */
  patchModel(row: RowOf<T>, patch: z.input<Patch> | null | undefined): RowOf<T>;
  /** Whether `after`, a row or a part of one, differs from `row` in one of its columns. */
  isDirty(row: RowOf<T>, after: { readonly [K in keyof RowOf<T>]?: RowOf<T>[K] | undefined }): boolean;
  /**
   * What clients see of a row.
   *
   * @throws {InternalError} when the row does not fit the output schema, which is no fault of a client.
   */
  toOut(row: RowOf<T>): z.output<Out>;
  /**
   * What clients see of rows.
   *
   * @throws {InternalError} when a row does not fit the output schema.
   */
  listToOut(rows: readonly RowOf<T>[]): z.output<Out>[];
}

/**
 * Defines how the input of clients becomes rows of a table, and rows become what clients see.
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
 * @throws {TypeError} when `input` or `patch` has a member that is not a column.
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
    // The parsed patch includes defaults of the schema; only the input says which members were set.
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

/** The members of an object schema; those of a transform are known only when it runs. */
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
