import { escapeHtml as escape } from "../internal/escape_html.ts";
import { markdownHtml } from "./_docs_markdown.ts";
import { schemaBlock } from "./_docs_operation.ts";
import type { OpenApiObject } from "./openapi_document.ts";

interface MessageFields {
  readonly title?: string;
  readonly description?: string;
  readonly payload?: { readonly properties?: { readonly data?: OpenApiObject } };
}

interface AsyncApiFields {
  readonly operations?: Readonly<
    Record<string, { readonly action: string; readonly channel: { readonly $ref: string } }>
  >;
  readonly components?: { readonly messages?: Readonly<Record<string, MessageFields>> };
}

/** The events and requests of an AsyncAPI document, each as an element that opens. */
export function eventsHtml(asyncapi: object): readonly string[] {
  const { operations = {}, components: { messages = {} } = {} } = asyncapi as AsyncApiFields;
  return Object.values(operations).map(({ action, channel }) => {
    const subject = channel.$ref.split("/").at(-1)!.replaceAll("~1", "/").replaceAll("~0", "~");
    const { title, description, payload } = messages[subject] ?? {};
    return `<details>
<summary><b class="${escape(action)}">${escape(action)}</b><code>${escape(subject)}</code><span>${
      escape(title === undefined || title === subject ? "" : title)
    }</span></summary>
<div id="event-${escape(subject)}">
${description === undefined ? "" : markdownHtml(description)}${
      schemaBlock(payload?.properties?.data ?? payload)
    }
</div>
</details>`;
  });
}
