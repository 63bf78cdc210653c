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
  if (given !== undefined) return { ...column, ...parseColumnType(scope, name, given) };
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

const GENERATED = /\sgenerated\s+(always|by\s+default)\s+as\s*(?=\S)/i;

/** Parses a type of `columnTypes`, which for a serial, an identity or a generated column says more than the type. */
function parseColumnType(scope: Scope, column: string, given: string): Omit<Column, "name" | "nullable"> {
  const text = given.trim();
  const words = text.replace(/\s+/g, " ");
  const counted = SERIALS[words.toLowerCase()];
  if (counted !== undefined) {
    return { type: counted, default: `nextval('${scope.table}_${column}_seq'::regclass)`, serial: true };
  }
  const generated = GENERATED.exec(text);
  if (generated === null) return { type: words };
  const type = text.slice(0, generated.index).replace(/\s+/g, " ");
  const rest = text.slice(generated.index + generated[0].length);
  const always = generated[1]!.toLowerCase() === "always";
  if (rest.toLowerCase() === "identity") return { type, identity: always ? "always" : "by default" };
  if (!always || !rest.startsWith("(")) return { type: words };
  if (scope.definition.defaults?.[column] !== undefined) {
    fail(scope, `the column "${column}" is generated, so it has no default; leave it out of \`defaults\``);
  }
  return { type, generated: rest.endsWith(")") ? `${rest} STORED` : rest };
}
