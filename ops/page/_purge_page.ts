import { html } from "hono/html";
import { audit } from "./_audit.ts";
import { askPage, changePage, type LetterChange } from "./_letter_change.ts";
import { countSelection } from "./_letter_selection.ts";
import { count, grouped } from "./_html.ts";
import { respondPage } from "./_layout.ts";
import type { OpsContext, OpsParts } from "./_ops_context.ts";

/** From how many on their number has to be typed. */
const MANY = 1000;

/** Asks whether to delete dead letters, and deletes them. */
export function createPurge(parts: OpsParts): LetterChange {
  const { deadLetters } = parts;

  async function ask(c: OpsContext): Promise<Response> {
    return await askPage(c, parts, {
      title: "Delete",
      verb: "deleted",
      button: "Delete",
      isDangerous: true,
      explanation: "This deletes them for good: they cannot be redriven afterwards.",
      more: ({ total }) =>
        total > MANY
          ? html`<label>Type their number, ${total}<input name="count" required pattern="${total}" inputmode="numeric" autocomplete="off"></label>`
          : html``,
    });
  }

  async function run(c: OpsContext): Promise<Response> {
    return await changePage(c, parts, "Delete", async (selection, get) => {
      const { filter, sequence, description } = selection;
      const { total } = await countSelection(deadLetters, selection, AbortSignal.timeout(60_000));
      if (total > MANY && get("count") !== String(total)) {
        const content = html`<p class="note bad">There are ${
          grouped(total)
        }: type this number to delete them. Nothing was deleted.</p>`;
        return await respondPage(c, parts, { title: "Delete", content, status: 422 });
      }
      audit(c, parts, "dead_letters.purge", {
        filter: description,
        sequence,
        outcome: "begins",
        matched: total,
      });
      const removed = await deadLetters.purge(filter);
      audit(c, parts, "dead_letters.purge", { filter: description, sequence, outcome: "done", removed });
      const content = html`<p class="note good">Deleted ${count(removed, "dead letter")}.</p>
<p><a href="${c.env.root}dead-letters">All dead letters</a></p>`;
      return await respondPage(c, parts, { title: "Delete", content });
    });
  }

  return { ask, run };
}
