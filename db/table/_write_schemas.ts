import * as z from "zod";
import { describeSchema } from "./_column_type.ts";
import type { Column, Table } from "./table.ts";

type Shape = Readonly<Record<string, z.ZodType>>;

/** See `Table.insertSchema`; `columns` are those of the definition. */
export function insertSchemaOf(
  columns: readonly Column[],
  shape: Shape,
  refinements: Table["refinements"],
): Table["insertSchema"] {
  const fields = columns.filter(isWritable).map((column) =>
    [column.name, insertField(column, shape[column.name]!)] as const
  );
  return withRefinements(z.strictObject(Object.fromEntries(fields)), refinements);
}

/** See `Table.patchSchema`; `columns` are those of the definition. */
export function patchSchemaOf(
  columns: readonly Column[],
  shape: Shape,
  key: readonly string[],
): Table["patchSchema"] {
  const fields = columns.filter((column) => isWritable(column) && !key.includes(column.name)).map((column) =>
    [column.name, patchField(column, shape[column.name]!)] as const
  );
  return z.strictObject(Object.fromEntries(fields));
}

/** Whether a row may give the column a value, which the database refuses for one that it generates. */
export function isWritable({ identity, generated }: Column): boolean {
  return identity !== "always" && generated === undefined;
}

/** Whether the database fills in the column where a row leaves it out. */
export function hasDatabaseDefault({ default: value, identity, generated }: Column): boolean {
  return value !== undefined || identity !== undefined || generated !== undefined;
}

/** The schema of a column in a row to insert. */
export function insertField(column: Column, schema: z.ZodType): z.ZodType {
  const field = column.nullable ? z.nullable(schema) : schema;
  return hasDatabaseDefault(column) ? z.optional(field) : field;
}

/** The schema of a column in a patch, without its default. */
export function patchField({ nullable }: Column, schema: z.ZodType): z.ZodType {
  const { inner } = describeSchema(schema);
  return z.optional(nullable ? z.nullable(inner) : inner);
}

/** The object with the checks of the whole row. They hold for inserts only: a patch is a part of a row. */
export function withRefinements<S extends z.ZodType>(schema: S, refinements: Table["refinements"]): S {
  return refinements.length === 0 ? schema : (schema as z.ZodType).check(...refinements as never[]) as S;
}
