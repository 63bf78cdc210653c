import type { OpenApiObject } from "./openapi_document.ts";

/** A schema as a reader sees it: one line for each member, in the notation of TypeScript. Text is escaped. */
export function schemaHtml(schema: unknown, escape: (text: string) => string): string {
  return new SchemaNotation(escape).write(schema as OpenApiObject | undefined, 0);
}

const MAX_DEPTH = 12;

class SchemaNotation {
  readonly #escape: (text: string) => string;

  constructor(escape: (text: string) => string) {
    this.#escape = escape;
  }

  write(schema: OpenApiObject | undefined, depth: number): string {
    if (schema === undefined || typeof schema !== "object" || depth > MAX_DEPTH) return "unknown";
    const { $ref, enum: values, const: constant, oneOf, anyOf, allOf, type } = schema as Record<
      string,
      unknown
    >;
    if (typeof $ref === "string") return this.#reference($ref);
    if (constant !== undefined) return this.#value(constant);
    if (Array.isArray(values)) return values.map((value) => this.#value(value)).join(" | ");
    const union = oneOf ?? anyOf;
    if (Array.isArray(union)) return union.map((each) => this.write(each, depth)).join(" | ");
    if (Array.isArray(allOf)) return allOf.map((each) => this.write(each, depth)).join(" &amp; ");
    if (Array.isArray(type)) {
      return type.map((each) => this.write({ ...schema, type: each }, depth)).join(" | ");
    }
    switch (type) {
      case "array":
        return this.#array(schema, depth);
      case "object":
        return this.#object(schema, depth);
      case undefined:
        return "unknown";
    }
    return this.#escape(String(type));
  }

  #reference($ref: string): string {
    const name = this.#escape(decodeURIComponent($ref.slice($ref.lastIndexOf("/") + 1)));
    return `<a href="#schema-${name}">${name}</a>`;
  }

  #value(value: unknown): string {
    return `<i>${this.#escape(JSON.stringify(value) ?? "undefined")}</i>`;
  }

  #array({ items }: OpenApiObject, depth: number): string {
    const item = this.write(items as OpenApiObject | undefined, depth);
    return item.includes(" | ") || item.includes(" &amp; ") ? `(${item})[]` : `${item}[]`;
  }

  #object({ properties, required = [], additionalProperties }: OpenApiObject, depth: number): string {
    const indent = "  ".repeat(depth + 1);
    const lines = Object.entries((properties ?? {}) as Record<string, OpenApiObject>).map(
      ([name, schema]) => {
        const mark = (required as readonly string[]).includes(name) ? "" : "?";
        const notes = this.#notes(schema);
        return `${indent}${this.#escape(name)}${mark}: ${this.write(schema, depth + 1)}${
          notes && ` <small>${notes}</small>`
        }`;
      },
    );
    if (typeof additionalProperties === "object") {
      lines.push(`${indent}[name: string]: ${this.write(additionalProperties as OpenApiObject, depth + 1)}`);
    }
    return lines.length === 0 ? "{}" : `{\n${lines.join("\n")}\n${"  ".repeat(depth)}}`;
  }

  /** What a type does not say: format, bounds, default, description. */
  #notes(schema: OpenApiObject): string {
    const { format, pattern, default: fallback, description, ...rest } = schema as Record<string, unknown>;
    const bounds = BOUNDS.flatMap(([name, text]) =>
      rest[name] === undefined ? [] : [`${text} ${rest[name]}`]
    );
    const notes = [
      ...typeof format === "string" ? [format] : [],
      ...bounds,
      ...typeof pattern === "string" && pattern.length <= 60 ? [pattern] : [],
      ...fallback === undefined ? [] : [`default ${JSON.stringify(fallback)}`],
      ...typeof description === "string" ? [description] : [],
    ];
    return notes.map((note) => this.#escape(note)).join(", ");
  }
}

const BOUNDS = [
  ["minimum", "from"],
  ["exclusiveMinimum", "above"],
  ["maximum", "to"],
  ["exclusiveMaximum", "below"],
  ["minLength", "min length"],
  ["maxLength", "max length"],
  ["minItems", "min items"],
  ["maxItems", "max items"],
] as const;
