import { eventsHtml } from "./_docs_events.ts";
import { escapeHtml as escape } from "../internal/escape_html.ts";
import { markdownHtml } from "./_docs_markdown.ts";
import {
  type OperationFields,
  operationHtml,
  type ResponseFields,
  schemaBlock,
  type ShownOperation,
} from "./_docs_operation.ts";
import { DOCS_STYLE } from "./_docs_style.ts";
import { PAGE_STYLE } from "../internal/page_style.ts";
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

interface Components {
  readonly schemas?: Readonly<Record<string, OpenApiObject>>;
  readonly responses?: Readonly<Record<string, ResponseFields>>;
}

/** The documentation of a service as one page, without a script. */
export function docsPage({ openapi, asyncapi, links }: DocsPageOptions): DocsPage {
  const { title = "", version = "", description } = openapi.info as Record<string, string | undefined>;
  const { schemas: ofEndpoints = {}, responses = {} } = openapi.components as Components;
  const { components: { schemas: ofEvents = {} } = {} } = (asyncapi ?? {}) as {
    readonly components?: Components;
  };
  const schemas = { ...ofEvents, ...ofEndpoints };
  const groups = groupByTag(openapi);
  const events = asyncapi === undefined ? [] : eventsHtml(asyncapi);
  const undescribed = openapi["x-undocumented"];
  const contents = [
    ...[...groups].map(([tag, { length }]) => contentsEntry(`tag-${tag}`, tag, length)),
    ...events.length > 0 ? [contentsEntry("events", "Events", events.length)] : [],
    contentsEntry("schemas", "Schemas", Object.keys(schemas).length),
    ...undescribed.length > 0 ? [contentsEntry("undescribed", "Not described", undescribed.length)] : [],
  ];
  const linkList = [["OpenAPI", links.openapi], ["AsyncAPI", links.asyncapi], ["Try it out", links.try]]
    .flatMap((
      [text, url],
    ) => url === undefined ? [] : [`<a href="${escape(url)}">${text}</a>`]);
  const sections = [
    ...[...groups].map(([tag, operations]) =>
      section(`tag-${tag}`, tag, operations.map((operation) => operationHtml(operation, responses)))
    ),
    ...events.length > 0 ? [section("events", "Events", events)] : [],
    section("schemas", "Schemas", Object.entries(schemas).map(([name, schema]) => schemaEntry(name, schema))),
    ...undescribed.length > 0
      ? [section("undescribed", "Not described", [undescribedList(undescribed)])]
      : [],
  ];
  const head = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escape(title)} ${escape(version)}</title>
`;
  const body = `${PAGE_STYLE}${DOCS_STYLE}</style>
</head>
<body>
<header>
<h1>${escape(title)} <small>${escape(version)}</small></h1>
${description === undefined ? "" : markdownHtml(description)}
<p class="links">${linkList.join(" ")}</p>
</header>
<nav aria-label="Contents"><ul>${contents.join("")}</ul></nav>
<main>
${sections.join("\n")}
</main>
</body>
</html>
`;
  return (nonce) => `${head}<style nonce="${nonce}">${body}`;
}

function contentsEntry(id: string, text: string, count: number): string {
  return `<li><a href="#${escape(id)}">${escape(text)}</a> <small>${count}</small></li>`;
}

function section(id: string, title: string, parts: readonly string[]): string {
  return `<section id="${escape(id)}"><h2>${escape(title)}</h2>\n${parts.join("\n")}\n</section>`;
}

/** The id is within what opens: then a browser opens it for a link, without a script. */
function schemaEntry(name: string, schema: OpenApiObject): string {
  const { description } = schema as { readonly description?: string };
  return `<details>
<summary><code>${escape(name)}</code>${
    description === undefined ? "" : `<span>${escape(description)}</span>`
  }</summary>
<div id="schema-${escape(name)}">${schemaBlock(schema)}</div>
</details>`;
}

function undescribedList(routes: readonly string[]): string {
  return `<ul>${routes.map((route) => `<li><code>${escape(route)}</code></li>`).join("")}</ul>`;
}

/** The operations by their first tag; those without one are the last. */
function groupByTag({ paths }: OpenApiDocument): ReadonlyMap<string, readonly ShownOperation[]> {
  const groups = new Map<string, ShownOperation[]>();
  for (const [path, item] of Object.entries(paths)) {
    for (const method of METHODS) {
      const operation = item[method] as OperationFields | undefined;
      if (operation === undefined) continue;
      const { tags: [tag = OTHER] = [] } = operation;
      const group = groups.get(tag);
      if (group === undefined) groups.set(tag, [{ method, path, operation }]);
      else group.push({ method, path, operation });
    }
  }
  const rank = (tag: string) => tag === OTHER ? 1 : 0;
  return new Map(
    [...groups].sort(([one], [other]) => rank(one) - rank(other) || (one < other ? -1 : 1)),
  );
}
