import { html } from "hono/html";
import type { DeadLetter } from "../../messaging/dead_letters/dead_letters.ts";
import { answerWithin, unanswered } from "./_answer_within.ts";
import { ago, count, grouped, type Html, shown, table } from "./_html.ts";
import { describeFields, filterForm, letterFields, letterQuery, toLetterFilter } from "./_letter_filter.ts";
import { respondPage } from "./_layout.ts";
import { letterGuard } from "./_merchants.ts";
import { may, type OpsContext, type OpsParts } from "./_ops_context.ts";

const PAGE_SIZE = 50;
/** Longer than looking for rare ones takes, which ends by itself. */
const WAIT_MS = 8000;

/** The dead letters that a filter selects, newest first, without anything of their payloads. */
export async function deadLettersPage(c: OpsContext, parts: OpsParts): Promise<Response> {
  const fields = letterFields((name) => c.req.query(name));
  const form = filterForm(fields);
  const title = "Dead letters";
  const { filter, problem } = toLetterFilter(fields);
  if (filter === undefined) {
    const content = html`${form}<p class="note bad">${problem}</p>`;
    return await respondPage(c, parts, { title, content, status: 422 });
  }
  const where = letterGuard(c.env.operator);
  const before = Number(c.req.query("before") ?? NaN);
  const found = await answerWithin(WAIT_MS, () =>
    Promise.all([
      parts.deadLetters.newest(filter, {
        limit: PAGE_SIZE,
        payloads: where !== undefined,
        where,
        ...Number.isSafeInteger(before) && { before },
      }),
      where === undefined ? parts.deadLetters.count() : undefined,
    ]), parts.logger);
  if (found.value === undefined) {
    const content = html`${form}${unanswered("message bus", found.problem)}`;
    return await respondPage(c, parts, { title, content, status: 503 });
  }
  const [page, total] = found.value;
  const isFiltered = describeFields(fields) !== "all";
  const filtered = isFiltered ? `Filtered by ${describeFields(fields)}` : "";
  const all = total === undefined ? "" : `${count(total, "dead letter")}${isFiltered ? " in all" : ""}`;
  const more = page.before === undefined
    ? ""
    : html`<p class="actions"><a class="button" rel="next" href="?${
      letterQuery(fields, { before: String(page.before) })
    }">${
      page.letters.length < PAGE_SIZE ? `Search on, before ${grouped(page.before)}` : "Older ones"
    }</a></p>`;
  const content = html`${form}
<p>${[filtered, all].filter((text) => text !== "").join("; ")}</p>
${
    page.letters.length === 0
      ? html`<p class="note">${nothingFound(isFiltered, page.before)}</p>`
      : letterTable(c, page.letters)
  }
${more}
${page.letters.length > 0 && where === undefined ? actions(c, letterQuery(fields)) : ""}`;
  return await respondPage(c, parts, { title, content });
}

function nothingFound(isFiltered: boolean, before: number | undefined): string {
  if (before !== undefined) return `None so far, down to sequence ${grouped(before)}.`;
  return isFiltered ? "No dead letter matches." : "There are no dead letters.";
}

function letterTable({ env: { root } }: OpsContext, letters: readonly DeadLetter[]): Html {
  const now = Date.now();
  return table(
    "Dead letters",
    [
      "Sequence",
      "Dead since",
      "Subject",
      "Consumer",
      "Code",
      { title: "Attempts", isNumber: true },
      { title: "Redriven", isNumber: true },
    ],
    letters.map((letter) => [
      html`<a href="${root}dead-letters/${letter.sequence}">${letter.sequence}</a>`,
      ago(letter.deadSince, now),
      narrowing(root, "subject", letter.subject),
      narrowing(root, "consumer", letter.consumer),
      narrowing(root, "code", letter.errorCode),
      letter.attempts,
      letter.redriveCount === 0 ? undefined : letter.redriveCount,
    ]),
  );
}

/** A value that leads to the dead letters that share it. */
function narrowing(
  root: string,
  name: "code" | "consumer" | "subject",
  value: string | undefined,
): Html | undefined {
  if (value === undefined) return undefined;
  return html`<a class="quiet" href="${root}dead-letters?${String(new URLSearchParams({ [name]: value }))}">${
    shown(value)
  }</a>`;
}

function actions(c: OpsContext, query: string): Html {
  const { root } = c.env;
  return html`<p class="actions">${
    may(c, "redrive")
      ? html`<a class="button" href="${root}dead-letters/redrive?${query}">Redrive these …</a>`
      : ""
  } ${
    may(c, "purge")
      ? html`<a class="button danger" href="${root}dead-letters/purge?${query}">Delete these …</a>`
      : ""
  }</p>`;
}
