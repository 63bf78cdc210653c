import { escapeHtml as escape } from "../internal/escape_html.ts";
import type { OpenApiObject } from "./openapi_document.ts";

/** A schema as a reader sees it: one line for each member, in the notation of TypeScript. Text is escaped. */
export function schemaHtml(schema: OpenApiObject | undefined): string {
  return write(schema, 0);
}

/** What a type does not say: format, bounds, default, description. Text is escaped. */
export function schemaNotes(schema: OpenApiObject): string {
  const { format, pattern, default: fallback, description } = schema as Record<string, unknown>;
  const notes = [
    ...typeof format === "string" ? [format] : [],
    ...boundsOf(schema),
    ...typeof pattern === "string" && pattern.length <= 60 ? [`/${pattern}/`] : [],
    ...fallback === undefined ? [] : [`default ${JSON.stringify(fallback)}`],
    ...typeof description === "string" ? [description] : [],
  ];
  return notes.map((note) => escape(note)).join(", ");
}

const BOUNDS = [["", "minimum", "maximum"], ["length ", "minLength", "maxLength"], [
  "items ",
  "minItems",
  "maxItems",
]] as const;
/** A bound this far away is one of the number type, and not of the service. */
const FAR = 1e12;

function boundsOf(schema: OpenApiObject): string[] {
  const { exclusiveMinimum: above, exclusiveMaximum: below } = schema;
  const ranges = BOUNDS.flatMap(([what, lowest, highest]) => {
    const [from, to] = [schema[lowest], schema[highest]];
    const [hasFrom, hasTo] = [typeof from === "number" && from > -FAR, typeof to === "number" && to < FAR];
    if (hasFrom && hasTo) return [`${what}${from} to ${to}`];
    return hasFrom ? [`${what}≥ ${from}`] : hasTo ? [`${what}≤ ${to}`] : [];
  });
  return [
    ...typeof above === "number" ? [`> ${above}`] : [],
    ...ranges,
    ...typeof below === "number" ? [`< ${below}`] : [],
  ];
}

const MAX_DEPTH = 12;

function write(schema: OpenApiObject | undefined, depth: number): string {
  if (schema === undefined || typeof schema !== "object" || depth > MAX_DEPTH) return "unknown";
  const { $ref, enum: values, const: constant, oneOf, anyOf, allOf, type } = schema as Record<
    string,
    unknown
  >;
  if (typeof $ref === "string") return reference($ref);
  if (constant !== undefined) return literal(constant);
  if (Array.isArray(values)) return values.map(literal).join(" | ");
  const union = oneOf ?? anyOf;
  if (Array.isArray(union)) return union.map((each) => write(each, depth)).join(" | ");
  if (Array.isArray(allOf)) return allOf.map((each) => write(each, depth)).join(" &amp; ");
  if (Array.isArray(type)) {
    return type.map((each) => write({ ...schema, type: each }, depth)).join(" | ");
  }
  switch (type) {
    case "array":
      return array(schema, depth);
    case "object":
      return object(schema, depth);
    case undefined:
      return "unknown";
  }
  return escape(String(type));
}

function reference($ref: string): string {
  const name = escape(decodeURIComponent($ref.slice($ref.lastIndexOf("/") + 1)));
  return `<a href="#schema-${name}">${name}</a>`;
}

function literal(value: unknown): string {
  return `<i>${escape(JSON.stringify(value) ?? "undefined")}</i>`;
}

function array({ items }: OpenApiObject, depth: number): string {
  const item = write(items as OpenApiObject | undefined, depth);
  return item.includes(" | ") || item.includes(" &amp; ") ? `(${item})[]` : `${item}[]`;
}

function object({ properties, required = [], additionalProperties }: OpenApiObject, depth: number): string {
  const indent = "  ".repeat(depth + 1);
  const lines = Object.entries((properties ?? {}) as Record<string, OpenApiObject>).map(
    ([name, schema]) => {
      const mark = (required as readonly string[]).includes(name) ? "" : "?";
      const notes = schemaNotes(schema);
      return `${indent}${escape(name)}${mark}: ${write(schema, depth + 1)}${
        notes && ` <small>${notes}</small>`
      }`;
    },
  );
  if (typeof additionalProperties === "object") {
    lines.push(`${indent}[name: string]: ${write(additionalProperties as OpenApiObject, depth + 1)}`);
  }
  return lines.length === 0 ? "{}" : `{\n${lines.join("\n")}\n${"  ".repeat(depth)}}`;
}
