import { html } from "hono/html";
import { answerWithin } from "./_answer_within.ts";
import { readForm } from "./_form.ts";
import { count, grouped, type Html, shown, table } from "./_html.ts";
import { respondPage } from "./_layout.ts";
import { hiddenFields } from "./_letter_filter.ts";
import { countSelection, readSelection, type Selection, type SelectionCount } from "./_letter_selection.ts";
import type { OpsContext, OpsParts } from "./_ops_context.ts";

/** A change of dead letters: a page that asks, and one that does it. */
export interface LetterChange {
  ask(c: OpsContext): Promise<Response>;
  run(c: OpsContext): Promise<Response>;
}

/** The question before a change. */
export interface Question {
  readonly title: string;
  /** What will be done, as in "12 dead letters will be deleted". */
  readonly verb: string;
  readonly button: string;
  readonly explanation: string;
  readonly isDangerous?: boolean;
  /** Further fields of the form. */
  readonly more?: Html | ((counted: SelectionCount) => Html);
}

const COUNT_MS = 30_000;
const MAX_GROUPS = 20;

/** Says how many dead letters it is about, and asks. */
export async function askPage(c: OpsContext, parts: OpsParts, question: Question): Promise<Response> {
  const { title, verb, button, explanation, isDangerous = false, more = html`` } = question;
  const { deadLetters } = parts;
  const selection = await readSelection(c, deadLetters, (name) => c.req.query(name));
  if (typeof selection === "string") return await refusal(c, parts, title, selection);
  const abort = new AbortController();
  const counted = await answerWithin(
    COUNT_MS,
    () => countSelection(deadLetters, selection, abort.signal),
    parts.logger,
  );
  abort.abort();
  if (counted.value === undefined) {
    return await refusal(c, parts, title, `Counting them: ${counted.problem}`, 503);
  }
  const { total, groups } = counted.value;
  const { description, fields, sequence } = selection;
  const back = html`<a href="${c.env.root}dead-letters">All dead letters</a>`;
  const groupTable = table(
    "What is selected",
    ["Subject", "Code", { title: "Dead letters", isNumber: true }],
    groups.slice(0, MAX_GROUPS).map(([subject, code, size]) => [shown(subject), shown(code), grouped(size)]),
  );
  const content = total === 0
    ? html`
      <p class="note">No dead letter matches: ${description}.</p>
      <p>${back}</p>
    `
    : html`
      <p class="note ${isDangerous ? "bad" : "warn"}"><strong>${count(
        total,
        "dead letter",
      )}</strong> will be ${verb}: ${description}.</p>
      ${groupTable}${groups.length > MAX_GROUPS
        ? html`<p>and ${grouped(groups.length - MAX_GROUPS)} more kinds</p>`
        : ""}
      <p>${explanation}</p>
      <form method="post" class="row">${hiddenFields(fields)}${sequence === undefined
        ? ""
        : html`<input type="hidden" name="sequence" value="${sequence}">`}${typeof more === "function"
        ? more(counted.value)
        : more}
      <button class="${isDangerous ? "danger" : "main"}">${button} ${grouped(total)}</button> ${back}</form>
    `;
  return await respondPage(c, parts, { title, content });
}

/** Reads the selection of a POST, and does what was asked for. */
export async function changePage(
  c: OpsContext,
  parts: OpsParts,
  title: string,
  change: (selection: Selection, get: (name: string) => string | undefined) => Promise<Response>,
): Promise<Response> {
  const get = await readForm(c);
  if (get === undefined) return await refusal(c, parts, title, "Expected a form or a JSON object.");
  const selection = await readSelection(c, parts.deadLetters, get);
  if (typeof selection === "string") return await refusal(c, parts, title, selection);
  return await change(selection, get);
}

function refusal(
  c: OpsContext,
  parts: OpsParts,
  title: string,
  why: string,
  status = 422,
): Promise<Response> {
  return respondPage(c, parts, { title, content: html`<p class="note bad">${why}</p>`, status });
}
