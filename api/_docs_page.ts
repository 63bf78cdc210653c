import { escapeHtml as escape } from "./_docs_html.ts";
import { markdownHtml } from "./_docs_markdown.ts";
import { schemaHtml } from "./_docs_schema.ts";
import { DOCS_STYLE } from "./_docs_style.ts";
import type { OpenApiDocument, OpenApiObject } from "./openapi_document.ts";

/** What a page of documentation shows. */
export interface DocsPageOptions {
  readonly openapi: OpenApiDocument;
  /** An AsyncAPI document, where the service has events. */
  readonly asyncapi: object | undefined;
  /** Paths of what the page links to, relative to it. */
  readonly links: {
    readonly openapi: string;
    readonly asyncapi: string | undefined;
    readonly try: string | undefined;
  };
}

/** A page, which is given the nonce of its style for each answer. */
export type DocsPage = (nonce: string) => string;

const METHODS = ["get", "post", "put", "patch", "delete", "head", "options"] as const;
const OTHER = "Other";

interface ShownOperation {
  readonly method: string;
  readonly path: string;
  readonly operation: Readonly<Record<string, never>>;
}

/** The documentation of a service as one page, without a script. */
export function docsPage({ openapi, asyncapi, links }: DocsPageOptions): DocsPage {
  const { title, version, description } = openapi.info as Record<string, string | undefined>;
  const groups = groupByTag(openapi);
  const { schemas = {}, responses = {} } = openapi.components as Record<
    string,
    Record<string, OpenApiObject>
  >;
  const events = asyncapi === undefined ? [] : eventsOf(asyncapi);
  const nav = [
    ...[...groups].map(([tag, { length }]) =>
      `<li><a href="#tag-${escape(tag)}">${escape(tag)}</a> <small>${length}</small></li>`
    ),
    ...events.length > 0 ? [`<li><a href="#events">Events</a> <small>${events.length}</small></li>`] : [],
    `<li><a href="#schemas">Schemas</a></li>`,
  ];
  const head = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escape(title ?? "")} ${escape(version ?? "")}</title>
`;
  const body = `${DOCS_STYLE}</style>
</head>
<body>
<header>
<h1>${escape(title ?? "")} <small>${escape(version ?? "")}</small></h1>
${description === undefined ? "" : markdownHtml(description, escape)}
<p class="links"><a href="${escape(links.openapi)}">OpenAPI</a>${
    links.asyncapi === undefined ? "" : ` <a href="${escape(links.asyncapi)}">AsyncAPI</a>`
  }${links.try === undefined ? "" : ` <a href="${escape(links.try)}">Try it out</a>`}</p>
</header>
<nav aria-label="Contents"><ul>${nav.join("")}</ul></nav>
<main>
${[...groups].map(([tag, operations]) => tagSection(tag, operations, responses)).join("\n")}
${events.length === 0 ? "" : `<section id="events"><h2>Events</h2>${events.join("\n")}</section>`}
<section id="schemas"><h2>Schemas</h2>
${
    Object.entries(schemas).map(([name, schema]) =>
      `<details id="schema-${escape(name)}"><summary><code>${escape(name)}</code></summary>${
        code(schema)
      }</details>`
    ).join("\n")
  }
</section>
${undocumentedNote(openapi["x-undocumented"])}
</main>
</body>
</html>
`;
  return (nonce) => `${head}<style nonce="${nonce}">${body}`;
}

function groupByTag({ paths }: OpenApiDocument): Map<string, ShownOperation[]> {
  const groups = new Map<string, ShownOperation[]>();
  for (const [path, item] of Object.entries(paths)) {
    for (const method of METHODS) {
      const operation = item[method] as ShownOperation["operation"] | undefined;
      if (operation === undefined) continue;
      const { tags: [tag = OTHER] = [] } = operation as { readonly tags?: readonly string[] };
      groups.set(tag, [...groups.get(tag) ?? [], { method, path, operation }]);
    }
  }
  return new Map(
    [...groups].sort(([one], [other]) => one === OTHER ? 1 : other === OTHER ? -1 : one < other ? -1 : 1),
  );
}

function tagSection(
  tag: string,
  operations: readonly ShownOperation[],
  shared: Readonly<Record<string, OpenApiObject>>,
): string {
  return `<section id="tag-${escape(tag)}"><h2>${escape(tag)}</h2>
${operations.map((operation) => operationHtml(operation, shared)).join("\n")}
</section>`;
}

interface OperationFields {
  readonly operationId: string;
  readonly summary?: string;
  readonly description?: string;
  readonly deprecated?: boolean;
  readonly parameters?: readonly (Record<string, unknown> & { readonly schema?: OpenApiObject })[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: OpenApiObject }>> };
  readonly responses: Readonly<Record<string, OpenApiObject>>;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
}

function operationHtml(
  { method, path, operation }: ShownOperation,
  shared: Readonly<Record<string, OpenApiObject>>,
): string {
  const fields = operation as unknown as OperationFields;
  const {
    operationId,
    summary,
    description,
    deprecated,
    parameters = [],
    requestBody,
    responses,
    security = [],
  } = fields;
  const scopes = [...new Set(security.flatMap((each) => Object.values(each).flat()))];
  return `<details id="${escape(operationId)}">
<summary><b class="${method}">${method.toUpperCase()}</b> <code>${escape(path)}</code>${
    deprecated ? " <em>deprecated</em>" : ""
  }<span>${escape(summary ?? "")}</span></summary>
${description === undefined ? "" : markdownHtml(description, escape)}
${
    scopes.length === 0
      ? ""
      : `<p>Needs ${scopes.map((scope) => `<code>${escape(scope)}</code>`).join(", ")}</p>`
  }
${parameters.length === 0 ? "" : parametersHtml(parameters)}
${
    requestBody === undefined
      ? ""
      : `<h3>Body</h3>${
        Object.entries(requestBody.content).slice(0, 1).map(([type, { schema }]) =>
          `<p><small>${escape(type)}</small></p>${code(schema)}`
        ).join("")
      }`
  }
<h3>Answers</h3>
<dl>${
    Object.entries(responses).map(([status, response]) => answerHtml(status, response, shared)).join("")
  }</dl>
</details>`;
}

function parametersHtml(parameters: NonNullable<OperationFields["parameters"]>): string {
  const rows = parameters.map(({ name, in: where, required, description, schema }) =>
    `<tr><td><code>${escape(String(name))}</code>${required ? "" : "?"}</td><td>${
      escape(String(where))
    }</td><td><code>${schemaHtml(schema, escape)}</code>${
      typeof description === "string" ? ` ${escape(description)}` : ""
    }</td></tr>`
  );
  return `<h3>Parameters</h3><table><tbody>${rows.join("")}</tbody></table>`;
}

function answerHtml(
  status: string,
  response: OpenApiObject,
  shared: Readonly<Record<string, OpenApiObject>>,
): string {
  const { $ref } = response as { readonly $ref?: string };
  const { description, content = {} } =
    ($ref === undefined ? response : shared[$ref.split("/").at(-1)!] ?? {}) as {
      readonly description?: string;
      readonly content?: Readonly<Record<string, { readonly schema?: OpenApiObject }>>;
    };
  const [type, media] = Object.entries(content)[0] ?? [];
  const isError = Number(status) >= 400;
  const codes = isError ? codesOf(media?.schema) : [];
  const shown = codes.length > 0
    ? codes.map((code) => `<code>${escape(code)}</code>`).join(" ")
    : media?.schema === undefined
    ? type === undefined ? "" : `<small>${escape(type)}</small>`
    : code(media.schema);
  return `<dt class="${isError ? "error" : "success"}">${escape(status)}</dt><dd>${
    escape(description ?? "")
  } ${shown}</dd>`;
}

/** The codes of an error answer. */
function codesOf(schema: OpenApiObject | undefined): string[] {
  const { oneOf = [schema] } = (schema ?? {}) as { readonly oneOf?: readonly (OpenApiObject | undefined)[] };
  return oneOf.flatMap((each) => {
    const code = (each as DeepCode | undefined)?.properties?.error?.properties?.code?.const;
    return code === undefined ? [] : [code];
  });
}

interface DeepCode {
  readonly properties?: {
    readonly error?: { readonly properties?: { readonly code?: { readonly const?: string } } };
  };
}

/** The events of an AsyncAPI document. */
function eventsOf(asyncapi: object): string[] {
  const { operations = {}, components: { messages = {} } = {} } = asyncapi as {
    readonly operations?: Readonly<
      Record<string, { readonly action: string; readonly channel: { readonly $ref: string } }>
    >;
    readonly components?: { readonly messages?: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
  };
  return Object.values(operations).map(({ action, channel }) => {
    const subject = channel.$ref.split("/").at(-1)!.replaceAll("~1", "/").replaceAll("~0", "~");
    const { title, description, payload } = messages[subject] ?? {};
    const { properties: { data } = {} } = (payload ?? {}) as {
      readonly properties?: { readonly data?: OpenApiObject };
    };
    return `<details id="event-${escape(subject)}"><summary><b class="${escape(action)}">${
      escape(action)
    }</b> <code>${escape(subject)}</code><span>${
      escape(title === subject ? "" : String(title ?? ""))
    }</span></summary>
${typeof description === "string" ? markdownHtml(description, escape) : ""}${
      code((data ?? payload) as OpenApiObject | undefined)
    }</details>`;
  });
}

function undocumentedNote(routes: readonly string[]): string {
  if (routes.length === 0) return "";
  return `<section><h2>Not described</h2><ul>${
    routes.map((route) => `<li><code>${escape(route)}</code></li>`).join("")
  }</ul></section>`;
}

function code(schema: OpenApiObject | undefined): string {
  return `<pre><code>${schemaHtml(schema, escape)}</code></pre>`;
}
