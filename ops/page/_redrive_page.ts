import { html } from "hono/html";
import type { RedriveResult } from "../../messaging/dead_letters/dead_letters.ts";
import { problemOf } from "./_answer_within.ts";
import { audit } from "./_audit.ts";
import { askPage, changePage, type LetterChange } from "./_letter_change.ts";
import { count, grouped, type Html, shown, table } from "./_html.ts";
import { respondPage, streamPage } from "./_layout.ts";
import type { OpsContext, OpsParts } from "./_ops_context.ts";

const DEFAULT_RATE = 100;
const MAX_RATE = 1000;
/** How often the page shows how far a redrive is, in milliseconds. */
const PROGRESS_MS = 250;
const MAX_KEPT = 100;

/** Asks whether to publish dead letters again, and does so while the page shows how far it is. */
export function createRedrive(parts: OpsParts): LetterChange {
  const { deadLetters, logger } = parts;
  let isRunning = false;

  async function ask(c: OpsContext): Promise<Response> {
    return await askPage(c, parts, {
      title: "Redrive",
      verb: "redriven",
      button: "Redrive",
      explanation:
        "Every consumer of the subject gets the event again, also those that have handled it: they recognise it by its id where they have an inbox.",
      more:
        html`<label>At most a second<input name="rate" type="number" min="1" max="${MAX_RATE}" value="${DEFAULT_RATE}"></label>`,
    });
  }

  async function run(c: OpsContext): Promise<Response> {
    return await changePage(c, parts, "Redrive", async (selection, get) => {
      const perSecond = Math.min(MAX_RATE, Math.max(1, Number(get("rate") ?? DEFAULT_RATE) || DEFAULT_RATE));
      if (isRunning) {
        const content =
          html`<p class="note warn">Another redrive is running in this process. Try again when it has ended.</p>`;
        return await respondPage(c, parts, { title: "Redrive", content, status: 409 });
      }
      const { filter, sequence, description } = selection;
      const subject = { filter: description, ...sequence !== undefined && { sequence } };
      const redrive = async (onProgress: (done: number, total: number) => void): Promise<RedriveResult> => {
        isRunning = true;
        audit(c, parts, "dead_letters.redrive", { ...subject, outcome: "begins" });
        try {
          const result = await deadLetters.redrive(filter, {
            perSecond,
            onProgress: ({ done, total }) => onProgress(done, total),
          });
          const { matched, redriven, kept } = result;
          audit(c, parts, "dead_letters.redrive", {
            ...subject,
            outcome: "done",
            matched,
            redriven,
            kept: kept.length,
          });
          return result;
        } catch (error) {
          logger.error("Operator action failed", {
            operator: c.env.operator.name,
            action: "dead_letters.redrive",
            ...subject,
            error,
          });
          throw error;
        } finally {
          isRunning = false;
        }
      };
      return await streamPage(c, parts, "Redrive", async (write) => {
        let shownAt = -Infinity;
        const work = redrive((done, total) => {
          const now = performance.now();
          if (now - shownAt < PROGRESS_MS) return;
          shownAt = now;
          void write(progress(done, total));
        });
        await write(html`<p>Redriving ${description}. This goes on when you leave.</p>`);
        try {
          await write(outcome(c, await work));
        } catch (error) {
          await write(html`<p class="note bad">It ended early: ${problemOf(error)}</p>`);
        }
      });
    });
  }

  return { ask, run };
}

function progress(done: number, total: number): Html {
  return html`
    <p class="share"><progress max="${total}" value="${done}"></progress> ${grouped(done)} of ${grouped(
      total,
    )}</p>
  `;
}

function outcome({ env: { root } }: OpsContext, { matched, redriven, kept }: RedriveResult): Html {
  const rows = kept.slice(0, MAX_KEPT).map(({ sequence, reason }) => [
    html`<a href="${root}dead-letters/${sequence}">${sequence}</a>`,
    shown(reason),
  ]);
  return html`<p class="share note ${redriven === matched ? "good" : "warn"}">Redrove ${
    grouped(redriven)
  } of ${count(matched, "dead letter")}.</p>
${
    kept.length === 0
      ? ""
      : html`<h2>Kept: ${grouped(kept.length)}</h2>${table("Kept", ["Sequence", "Why"], rows)}`
  }
<p><a href="${root}dead-letters">All dead letters</a></p>`;
}
