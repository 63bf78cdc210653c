import * as z from "zod";
import { bigintText } from "../../contract/bigint_text.ts";
import { isoDate } from "../../contract/iso_date.ts";
import { defOf, describeSchema } from "./_column_type.ts";
import type { Column, Table } from "./table.ts";

/** See `Table.rowSchema`; `columns` and `shape` have those of the mixins, too. */
export function rowSchemaOf(
  columns: readonly Column[],
  shape: Readonly<Record<string, z.ZodType>>,
): Table["rowSchema"] {
  const fields = columns.map(({ name, nullable }) => {
    const field = wireSchema(describeSchema(shape[name]!).inner);
    return [name, nullable ? z.nullable(field) : field] as const;
  });
  return z.object(Object.fromEntries(fields));
}

/** The schema with codecs for what JSON lacks; the same where it has nothing of the kind. */
function wireSchema(schema: z.ZodType): z.ZodType {
  const wire = convert(schema);
  if (wire === schema) return schema;
  const { id: _, ...meta } = z.globalRegistry.get(schema) ?? {}; // an id is of one schema
  return Object.keys(meta).length === 0 ? wire : wire.meta(meta);
}

function convert(schema: z.ZodType): z.ZodType {
  const { type, element, shape, innerType, valueType, items, options, catchall } = defOf(schema);
  switch (type) {
    case "date":
      return isoDate();
    case "bigint":
      return bigintText();
    case "array":
      return changed(schema, [element!], ([inner]) => z.array(inner!));
    case "nullable":
      return changed(schema, [innerType!], ([inner]) => z.nullable(inner!));
    case "optional":
      return changed(schema, [innerType!], ([inner]) => z.optional(inner!));
    case "record":
      return changed(schema, [valueType!], ([inner]) => z.record(z.string(), inner!));
    case "tuple":
      return changed(schema, items!, (inner) => z.tuple(inner as [z.ZodType]));
    case "union":
      return changed(schema, options!, (inner) => z.union(inner));
    case "object": {
      const names = Object.keys(shape!);
      const build = (inner: readonly z.ZodType[]) =>
        z.object(Object.fromEntries(names.map((name, index) => [name, inner[index]!])));
      // A strict object would refuse, in an answer, what a later version adds.
      if (catchall !== undefined && defOf(catchall).type === "never") {
        return build(Object.values(shape!).map(wireSchema));
      }
      return changed(schema, Object.values(shape!), build);
    }
  }
  return schema;
}

/** What `build` makes of the parts of a schema, where one of them changes; their checks hold for writes alone. */
function changed(
  schema: z.ZodType,
  parts: readonly z.ZodType[],
  build: (parts: readonly z.ZodType[]) => z.ZodType,
): z.ZodType {
  const wired = parts.map(wireSchema);
  return wired.some((part, index) => part !== parts[index]) ? build(wired) : schema;
}
