import { html, raw } from "hono/html";
import { PAGE_STYLE } from "../../internal/page_style.ts";
import { pageResponse } from "../../internal/page_response.ts";
import type { Html } from "./_html.ts";
import type { OpsContext, OpsParts } from "./_ops_context.ts";
import { OPS_STYLE } from "./_ops_style.ts";

/** The pages that every page links, by their paths. */
export const SECTIONS: readonly (readonly [path: string, title: string])[] = [
  ["", "Overview"],
  ["fleet", "Fleet"],
  ["dead-letters", "Dead letters"],
  ["streams", "Streams"],
  ["outbox", "Outbox"],
  ["schedules", "Schedules"],
  ["trail", "Trail"],
];

/** What a page is made of. */
export interface PageOptions {
  readonly title: string;
  readonly content: Html;
  readonly status?: number;
}

/** A page with its frame. */
export async function respondPage(
  c: OpsContext,
  parts: OpsParts,
  { title, content, status = 200 }: PageOptions,
): Promise<Response> {
  const [head, foot] = await frameOf(c, parts, title);
  return pageResponse(`${head}${await content}${foot}`, { ...headersOf(c), status });
}

/** Writes a part of a page that is shown before the page is complete. */
export type WritePart = (part: Html) => Promise<void>;

/** A page that is shown while it is made, also after its reader has left: `onLeave` may end that. */
export async function streamPage(
  c: OpsContext,
  parts: OpsParts,
  title: string,
  make: (write: WritePart) => Promise<void>,
  onLeave: () => void = () => {},
): Promise<Response> {
  const [head, foot] = await frameOf(c, parts, title);
  const encoder = new TextEncoder();
  let isLeft = false;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      const send = (text: string) => {
        if (!isLeft) controller.enqueue(encoder.encode(text));
      };
      send(head);
      const made = make(async (part) => send(String(await part)));
      // The page is on its way already: a failure can only be said in it.
      made.catch(() => send(`<p class="note bad">This failed; see the log.</p>`)).finally(() => {
        send(foot);
        if (!isLeft) controller.close();
      });
    },
    cancel() {
      isLeft = true;
      onLeave();
    },
  });
  return pageResponse(body, headersOf(c));
}

function headersOf(c: OpsContext) {
  return {
    contentType: "text/html; charset=utf-8",
    policy:
      `default-src 'none'; style-src 'nonce-${c.env.nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
    referrer: "same-origin" as const,
  };
}

const MARK = "<!-- content -->";

async function frameOf(
  c: OpsContext,
  { service }: OpsParts,
  title: string,
): Promise<readonly [string, string]> {
  const { nonce, operator, path, root } = c.env;
  const current = path.split("/")[1] ?? "";
  const links = SECTIONS.map(([section, text]) =>
    html`<li><a href="${root}${section}"${
      section === current
        ? html`
          aria-current="page"
        `
        : ""
    }>${text}</a></li>`
  );
  const frame = await html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="robots" content="noindex">
        <title>${title} · ${service}</title>
        <style nonce="${nonce}">${raw(PAGE_STYLE)}${raw(OPS_STYLE)}</style>
      </head>
      <body>
        <a class="skip" href="#main">To the content</a>
        <header>
          <a href="${root}">${service}</a>
          <nav aria-label="Pages">
            <ul>${links}</ul>
          </nav>
          <small>${operator.name}</small>
        </header>
        <main id="main">
    <h1>${title}</h1>
    ${raw(MARK)}
        </main>
        <footer>Shown at ${new Date().toISOString().replace(/\.\d+Z/, "Z")}. Times are UTC.</footer>
      </body>
    </html>
  `;
  const [head = "", foot = ""] = String(frame).split(MARK);
  return [head, foot];
}
