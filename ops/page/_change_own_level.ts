import { html } from "hono/html";
import { changeByControl } from "./_instance_page.ts";
import { respondPage } from "./_layout.ts";
import type { OpsContext, OpsParts } from "./_ops_context.ts";

/** Sets the log level of this process. */
export async function changeOwnLevel(c: OpsContext, parts: OpsParts): Promise<Response> {
  const control = parts.control?.();
  const back = html`<p><a href="${c.env.root}fleet">Fleet</a></p>`;
  const title = "Log level";
  if (control === undefined) {
    const content = html`<p class="note bad">This page was given no control of its process.</p>${back}`;
    return await respondPage(c, parts, { title, content, status: 404 });
  }
  return await changeByControl(c, parts, "level", control, { title, back, fields: {} });
}
