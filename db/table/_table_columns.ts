import type { ZodType } from "zod";
import { columnTypeOf, describeSchema } from "./_column_type.ts";
import { quoteIdentifier, quoteText } from "./_identifier.ts";
import { fail, type Scope } from "./_table_scope.ts";
import type { CheckConstraint, Column } from "./table.ts";

/** Makes a column from its schema; an enum adds a check to `checks`. */
export function ownColumn(
  scope: Scope,
  name: string,
  field: ZodType,
  key: readonly string[],
  checks: CheckConstraint[],
): Column {
  const { defaults, columnTypes } = scope.definition;
  const { inner, nullable } = describeSchema(field);
  const column = { name, nullable: nullable && !key.includes(name), default: defaults?.[name] };
  const given = columnTypes?.[name];
  if (given !== undefined) return { ...column, ...parseColumnType(scope.table, name, given) };
  const found = columnTypeOf(inner);
  if (typeof found === "string") {
    fail(
      scope,
      `the type of column "${name}" is not clear: ${found}; say which in columnTypes: { ${name}: "..." }`,
    );
  }
  if (found.oneOf !== undefined) {
    const values = found.oneOf.map(quoteText).join(", ");
    checks.push({ name: scope.naming.check(name), expression: `${quoteIdentifier(name)} IN (${values})` });
  }
  return { ...column, type: found.type };
}

const SERIALS: Readonly<Record<string, string>> = {
  smallserial: "smallint",
  serial: "integer",
  bigserial: "bigint",
};

/** Parses a type of `columnTypes`, which for a serial or an identity says more than the type. */
function parseColumnType(table: string, column: string, text: string): Omit<Column, "name" | "nullable"> {
  const words = text.trim().replace(/\s+/g, " ");
  const counted = SERIALS[words.toLowerCase()];
  if (counted !== undefined) {
    return { type: counted, default: `nextval('${table}_${column}_seq'::regclass)`, serial: true };
  }
  const identity = /^(.+?) generated (always|by default) as identity$/i.exec(words);
  if (identity !== null) {
    return { type: identity[1]!, identity: identity[2]!.toLowerCase() as "always" | "by default" };
  }
  return { type: words };
}
