import * as z from "zod";
import { type IssueLike, validationDetails } from "../../errors/validation_errors.ts";
import { describeSchema, valueTypeOf } from "../table/_column_type.ts";
import { insertField, isWritable, patchField, withRefinements } from "../table/_write_schemas.ts";
import type { Column, Table } from "../table/table.ts";
import { columnKind } from "./_column_kind.ts";
import { isBeyondIso } from "./_instant_text.ts";
import type { RowOrigin } from "./query_options.ts";
import { rowError } from "./_row_fault.ts";

type AnyRow = Record<string, unknown>;
type Parser = z.ZodType<AnyRow>;

/** How a row is validated. */
export interface RowRules {
  readonly from: RowOrigin;
  /** Whether a row to insert may have the columns that the repository manages. */
  readonly managed: boolean;
}

/** Validates what is written to a table. Each schema is built when it is first used. */
export class RowSchemas {
  readonly #table: Table;
  readonly #parsers = new Map<string, Parser>();

  constructor(table: Table) {
    this.#table = table;
  }

  /**
   * Validates a row to be inserted; gives it as the schemas transform it.
   *
   * @throws {ContractError} when it breaks a rule or has an unknown column.
   * @throws {ValidationError} when it does, and is from a client.
   */
  insert(row: unknown, rules: RowRules, at?: number): AnyRow {
    const parser = this.#parser(
      `insert ${rules.from} ${rules.managed}`,
      () => insertParser(this.#table, rules),
    );
    return this.#check(parser, row, rules.from, at);
  }

  /**
   * Validates a patch; gives it as the schemas transform it, without their defaults.
   *
   * @throws {ContractError} when it breaks a rule, or has a column that is unknown or cannot be changed.
   * @throws {ValidationError} when it does, and is from a client.
   */
  patch(patch: unknown, from: RowOrigin): AnyRow {
    return this.#check(this.#parser(`patch ${from}`, () => patchParser(this.#table, from)), patch, from);
  }

  #parser(name: string, build: () => Parser): Parser {
    let parser = this.#parsers.get(name);
    if (parser === undefined) this.#parsers.set(name, parser = build());
    return parser;
  }

  #check(parser: Parser, value: unknown, from: RowOrigin, at?: number): AnyRow {
    const result = parser.safeParse(value);
    if (result.success) return result.data;
    const issues = result.error.issues as readonly IssueLike[];
    throw rowError(this.#table, from, {
      message: "Request validation failed",
      details: validationDetails(issues, at === undefined ? "" : String(at)),
      cause: result.error,
    });
  }
}

function insertParser(table: Table, { from, managed }: RowRules): Parser {
  const { columns, shape, refinements, mixins } = table;
  const kept = new Set(managed ? [] : managedColumns(mixins));
  const fields = columns.map((column) => {
    const { name } = column;
    if (!isWritable(column)) return [name, absent("The database gives this column its value")] as const;
    // The repository sets merchant_id to that of the tenant.
    if (name === "merchant_id" && mixins.merchantScoped) return [name, z.optional(shape[name]!)] as const;
    if (kept.has(name)) return [name, absent("The repository gives this column its value")] as const;
    return [name, insertField(column, orBeyondIso(column, shape[name]!, from))] as const;
  });
  return withRefinements(z.strictObject(Object.fromEntries(fields)), refinements) as unknown as Parser;
}

function patchParser({ columns, shape, primaryKey, mixins }: Table, from: RowOrigin): Parser {
  const kept = new Set([...primaryKey.columns, ...managedColumns(mixins)]);
  const fields = columns.filter((column) => isWritable(column) && !kept.has(column.name)).map((column) => {
    const { inner } = describeSchema(shape[column.name]!);
    return [column.name, patchField(column, orBeyondIso(column, inner, from))] as const;
  });
  return z.strictObject(Object.fromEntries(fields)) as unknown as Parser;
}

function absent(error: string): z.ZodType {
  return z.optional(z.undefined({ error }));
}

/**
 * The schema, which also takes the texts that a column of instants or dates gives and ISO 8601 has not, such as
 * `infinity`: what was read can be written back. A client has to keep to the schema.
 */
function orBeyondIso(column: Column, schema: z.ZodType, from: RowOrigin): z.ZodType {
  const { kind, isArray } = columnKind(column.type);
  if (from === "client" || isArray || (kind !== "instant" && kind !== "date")) return schema;
  if (valueTypeOf(schema) !== "string") return schema;
  // Zod runs a transform for a column that is left out only where something may take the place of what is missing.
  const given = z.prefault(z.unknown(), undefined).transform((value, context) => {
    if (typeof value === "string" && isBeyondIso(value)) return value;
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    context.issues.push(...result.error.issues as never[]);
    return z.NEVER;
  });
  return schema._zod.optout === "optional" ? z.optional(given) : given;
}

/** Columns that only the repository writes. */
export function managedColumns(mixins: Table["mixins"]): readonly string[] {
  return [
    ...(mixins.timestamps ? ["created_at", "updated_at"] : []),
    ...(mixins.softDelete ? ["deleted_at", "is_deleted"] : []),
    ...(mixins.merchantScoped ? ["merchant_id"] : []),
    ...(mixins.versioned ? ["version"] : []),
  ];
}
