import { escapeHtml as escape } from "../internal/escape_html.ts";
import { markdownHtml } from "./_docs_markdown.ts";
import { schemaHtml, schemaNotes } from "./_docs_schema.ts";
import type { OpenApiObject } from "./openapi_document.ts";

/** An operation, and where it stands. */
export interface ShownOperation {
  readonly method: string;
  readonly path: string;
  readonly operation: OperationFields;
}

/** What is shown of an operation of the document. */
export interface OperationFields {
  readonly operationId: string;
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly description?: string;
  readonly deprecated?: boolean;
  readonly parameters?: readonly ParameterFields[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, ResponseFields>>;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly "x-response"?: string;
}

interface ParameterFields {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: OpenApiObject;
}

/** An answer, or a reference to one. */
export interface ResponseFields {
  readonly $ref?: string;
  readonly description?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Content;
}

type Content = Readonly<Record<string, MediaFields>>;

interface MediaFields {
  readonly schema?: OpenApiObject;
  readonly examples?: Readonly<Record<string, { readonly summary?: string; readonly value?: unknown }>>;
}

/** An operation as an element that opens, without a script. */
export function operationHtml(
  { method, path, operation }: ShownOperation,
  shared: Readonly<Record<string, ResponseFields>>,
): string {
  const { operationId, summary, description, deprecated, parameters = [], requestBody, responses } =
    operation;
  return `<details>
<summary><b class="${method}">${method}</b><code>${pathHtml(path)}</code>${
    deprecated ? "<em>deprecated</em>" : ""
  }<span>${escape(summary ?? "")}</span></summary>
<div id="${escape(operationId)}">
${
    [
      description === undefined ? "" : markdownHtml(description),
      securityHtml(operation),
      parameters.length === 0 ? "" : parametersHtml(parameters),
      requestBody === undefined ? "" : `<h3>Body</h3>${contentHtml(requestBody.content)}`,
      `<h3>Answers</h3>${answersHtml(responses, shared)}`,
      operation["x-response"] === "unchecked" ? "<p>Answers are not compared with their schema.</p>" : "",
    ].filter((part) => part !== "").join("\n")
  }
</div>
</details>`;
}

/** A path that a line may break after each of its parts. */
function pathHtml(path: string): string {
  return escape(path).replaceAll("/", "<wbr>/");
}

function securityHtml({ security = [] }: OperationFields): string {
  if (security.length === 0) return "";
  const scopes = [...new Set(security.flatMap((each) => Object.values(each).flat()))];
  const isOptional = security.some((each) => Object.keys(each).length === 0);
  const needs = scopes.length === 0
    ? ""
    : ` with ${scopes.map((scope) => `<code>${escape(scope)}</code>`).join(", ")}`;
  return `<p>Authentication${needs}${isOptional ? ", optional" : ""}</p>`;
}

function parametersHtml(parameters: readonly ParameterFields[]): string {
  const rows = parameters.map(({ name, in: where, required, description, schema }) => {
    const notes = schemaNotes({ ...schema, ...description !== undefined && { description } });
    return `<tr><td><code>${escape(name)}${required ? "" : "?"}</code></td><td>${
      escape(where)
    }</td><td><code>${schemaHtml(schema)}</code>${notes && ` <small>${notes}</small>`}</td></tr>`;
  });
  return `<h3>Parameters</h3><table><tbody>${rows.join("")}</tbody></table>`;
}

/** One schema for all media types: those of a form differ in how it is written. */
function contentHtml(content: Content): string {
  const [media = {}] = Object.values(content);
  const examples = Object.values(media.examples ?? {}).map(({ summary, value }) =>
    `<p><small>${escape(summary ?? "Example")}</small></p><pre><code>${
      escape(JSON.stringify(value, null, 2))
    }</code></pre>`
  );
  return `<p><small>${escape(Object.keys(content).join(" or "))}</small></p>${schemaBlock(media.schema)}${
    examples.join("")
  }`;
}

/** A schema as a block of code. */
export function schemaBlock(schema: OpenApiObject | undefined): string {
  return `<pre><code>${schemaHtml(schema)}</code></pre>`;
}

function answersHtml(
  responses: OperationFields["responses"],
  shared: Readonly<Record<string, ResponseFields>>,
): string {
  const rows = Object.entries(responses).map(([status, response]) => {
    const { description = "", headers = {}, content = {} } = response.$ref === undefined
      ? response
      : shared[response.$ref.split("/").at(-1)!] ?? {};
    const [type] = Object.keys(content);
    const media = type === undefined ? undefined : content[type];
    const codes = Number(status) >= 400 ? codesOf(media?.schema) : [];
    const names = Object.keys(headers).map((name) => `<code>${escape(name)}</code>`);
    const parts = [
      ...codes.map((code) => `<code>${escape(code)}</code>`),
      codes.length === 0 ? escape(description) : `<small>${escape(description)}</small>`,
      ...names.length > 0 ? [`<small>with ${names.join(", ")}</small>`] : [],
      ...type !== undefined && type !== "application/json" ? [`<small>${escape(type)}</small>`] : [],
    ];
    const body = codes.length > 0 || media?.schema === undefined ? "" : schemaBlock(media.schema);
    return `<dt class="${Number(status) < 400 ? "success" : "error"}">${escape(status)}</dt><dd>${
      parts.join(" ")
    }${body}</dd>`;
  });
  return `<dl>${rows.join("")}</dl>`;
}

interface ErrorSchema {
  readonly oneOf?: readonly ErrorSchema[];
  readonly properties?: {
    readonly error?: { readonly properties?: { readonly code?: { readonly const?: string } } };
  };
}

/** The codes of an error answer. */
function codesOf(schema: OpenApiObject | undefined): string[] {
  const { oneOf = [schema as ErrorSchema | undefined] } = (schema ?? {}) as ErrorSchema;
  return oneOf.flatMap((each) => each?.properties?.error?.properties?.code?.const ?? []);
}
