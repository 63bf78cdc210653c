import { html } from "hono/html";
import { answerWithin } from "./_answer_within.ts";
import { instanceFacts } from "./_fleet_page.ts";
import { respondPage } from "./_layout.ts";
import type { OpsContext, OpsParts } from "./_ops_context.ts";
import { readInstance } from "./_read_fleet.ts";

const WAIT_MS = 3000;

/** One instance of a service. */
export async function instancePage(c: OpsContext, parts: OpsParts): Promise<Response> {
  const { service, instance: id } = c.req.param() as { service: string; instance: string };
  const { value: instance, problem } = await answerWithin(
    WAIT_MS,
    () => readInstance(parts.bus, service, id),
  );
  const title = `${service} ${id}`;
  const back = html`<p><a href="${c.env.root}fleet">Fleet</a></p>`;
  if (instance === undefined) {
    const why = problem === undefined
      ? "It does not answer: it has ended, or hangs."
      : `The message bus: ${problem}`;
    const content = html`<p class="note bad">${why}</p>${back}`;
    return await respondPage(c, parts, { title, content, status: problem === undefined ? 404 : 503 });
  }
  return await respondPage(c, parts, { title, content: html`${instanceFacts(instance)}${back}` });
}
