import * as z from "zod";
import { ValidationError } from "../../errors/common.ts";
import { type IssueLike, validationErrors } from "../../errors/validation_errors.ts";
import { describeSchema } from "../table/_column_type.ts";
import type { Column, Table } from "../table/table.ts";

type AnyRow = Record<string, unknown>;
type Parser = z.ZodType<AnyRow>;

/** Validates what is written to a table. The schemas are built when the first row is written. */
export class RowSchemas {
  readonly #table: Table;
  #insert: Parser | undefined;
  #patch: Parser | undefined;

  constructor(table: Table) {
    this.#table = table;
  }

  /**
   * Validates a row to be inserted; gives it as the schemas transform it.
   *
   * @throws {ValidationError} when it breaks a rule or has an unknown column.
   */
  insert(row: unknown, at?: number): AnyRow {
    return check(this.#insert ??= insertSchema(this.#table), row, at);
  }

  /**
   * Validates a patch; gives it as the schemas transform it, without their defaults.
   *
   * @throws {ValidationError} when it breaks a rule, or has a column that is unknown or cannot be changed.
   */
  patch(patch: unknown): AnyRow {
    return check(this.#patch ??= patchSchema(this.#table), patch);
  }
}

function check(schema: Parser, value: unknown, at?: number): AnyRow {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = validationErrors(
    result.error.issues as readonly IssueLike[],
    at === undefined ? "" : String(at),
  );
  throw new ValidationError("Request validation failed", {
    details: { validation_errors: issues },
    cause: result.error,
  });
}

function insertSchema({ columns, shape, refinements }: Table): Parser {
  const fields = columns.map((column) => [column.name, insertField(column, shape[column.name]!)] as const);
  const schema = z.strictObject(Object.fromEntries(fields)) as unknown as Parser;
  // Rules of the whole object hold for inserts only: a patch is a part of a row.
  return refinements.length === 0 ? schema : schema.check(...refinements as z.core.$ZodCheck<AnyRow>[]);
}

function insertField(column: Column, schema: z.ZodType): z.ZodType {
  if (column.identity === "always") return z.optional(z.undefined());
  // The repository sets merchant_id to that of the tenant.
  const filledIn = column.default !== undefined || column.identity !== undefined ||
    column.name === "merchant_id";
  const field = column.nullable ? z.nullable(schema) : schema;
  return filledIn ? z.optional(field) : field;
}

function patchSchema({ columns, shape, primaryKey, mixins }: Table): Parser {
  const kept = new Set([...primaryKey.columns, ...managedColumns(mixins)]);
  const fields = columns.filter(({ name }) => !kept.has(name)).map(({ name, nullable }) => {
    const { inner } = describeSchema(shape[name]!);
    return [name, z.optional(nullable ? z.nullable(inner) : inner)] as const;
  });
  return z.strictObject(Object.fromEntries(fields)) as unknown as Parser;
}

/** Columns of a stored row that only the repository changes. */
export function managedColumns(mixins: Table["mixins"]): readonly string[] {
  return [
    ...(mixins.timestamps ? ["created_at", "updated_at"] : []),
    ...(mixins.softDelete ? ["deleted_at", "is_deleted"] : []),
    ...(mixins.merchantScoped ? ["merchant_id"] : []),
    ...(mixins.versioned ? ["version"] : []),
  ];
}
