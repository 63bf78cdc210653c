import * as z from "zod";
import type { TableDefinition } from "./table_definition.ts";
import type { Column, TableMixins } from "./table.ts";

/** A column of a mixin, with the schema of its values. */
export interface MixinColumn extends Omit<Column, "name"> {
  readonly schema: z.ZodType;
}

/** Which mixins a definition has. */
export function mixinsOf(definition: TableDefinition): TableMixins {
  const { timestamps, softDelete, merchantScoped, versioned } = definition;
  return {
    timestamps: timestamps === true,
    softDelete: softDelete === true,
    merchantScoped: merchantScoped === true,
    versioned: versioned === true,
  };
}

/** The columns of mixins, as SQLAlchemy creates them for the Python services. */
export function mixinColumns(mixins: TableMixins): Readonly<Record<string, MixinColumn>> {
  const instant = { type: "timestamptz", nullable: false, default: "now()", schema: z.date() };
  return {
    ...(mixins.timestamps && { created_at: instant, updated_at: instant }),
    ...(mixins.softDelete && {
      deleted_at: { type: "timestamptz", nullable: true, schema: z.date().nullish() },
      is_deleted: { type: "boolean", nullable: false, default: "false", schema: z.boolean() },
    }),
    ...(mixins.merchantScoped && {
      // guid: Python's UUID takes any version.
      merchant_id: { type: "uuid", nullable: false, schema: z.guid() },
      merchant_domain: { type: "varchar(255)", nullable: false, schema: z.string().max(255) },
    }),
    ...(mixins.versioned &&
      { version: { type: "integer", nullable: false, default: "1", schema: z.int32() } }),
  };
}

/** The indexes of mixins. */
export function mixinIndexes({ timestamps, softDelete, merchantScoped }: TableMixins): readonly string[][] {
  return [
    ...(timestamps ? [["created_at"]] : []),
    ...(softDelete ? [["is_deleted"]] : []),
    ...(merchantScoped ? [["merchant_id"], ["merchant_domain"], ["merchant_id", "merchant_domain"]] : []),
  ];
}
