import { html } from "hono/html";
import { namedListeners } from "../../service/_health.ts";
import { answerWithin } from "./_answer_within.ts";
import { audit } from "./_audit.ts";
import { readForm } from "./_form.ts";
import { shown } from "./_html.ts";
import { respondPage } from "./_layout.ts";
import type { OpsContext, OpsParts } from "./_ops_context.ts";

const WAIT_MS = 5000;

/** Pauses or resumes a listener of this process. */
export async function changeListener(
  c: OpsContext,
  parts: OpsParts,
  change: "pause" | "resume",
): Promise<Response> {
  const name = (await readForm(c))?.("listener");
  const [, listener] = namedListeners(parts.listeners).find(([each]) => each === name) ?? [];
  const back = html`<p><a href="${c.env.root}fleet">Fleet</a></p>`;
  const answer = (text: string, kind: "bad" | "good", status: number) =>
    respondPage(c, parts, {
      title: "Listener",
      content: html`<p class="note ${kind}">${text}</p>${back}`,
      status,
    });
  if (listener === undefined) return await answer("This process has no such listener.", "bad", 404);
  audit(c, parts, `listener.${change}`, { listener: name });
  if (change === "resume") {
    listener.resume();
    return await answer(`Resumed: ${shown(name)}.`, "good", 200);
  }
  const { problem } = await answerWithin(WAIT_MS, () => listener.pause());
  if (problem !== undefined) {
    return await answer(`Paused: ${shown(name)}. A handler is still running.`, "good", 200);
  }
  const text = `Paused: ${
    shown(name)
  }, until somebody resumes it or this process ends. Other processes go on.`;
  return await answer(text, "good", 200);
}
