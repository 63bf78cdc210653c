import { html } from "hono/html";
import { INSTANT_FORMS, parseInstant } from "../../internal/instant.ts";
import { isFilter } from "../../messaging/contract/_subject.ts";
import type { DeadLetterFilter } from "../../messaging/dead_letters/dead_letters.ts";
import { type Html, shown } from "./_html.ts";

/** The fields of the form that filters dead letters, as they were sent. */
export interface LetterFields {
  readonly subject: string;
  readonly consumer: string;
  readonly code: string;
  readonly since: string;
  readonly until: string;
}

/** The filter that a form describes, or what is wrong with it. */
export type GivenFilter =
  | { readonly filter: DeadLetterFilter; readonly problem?: undefined }
  | { readonly problem: string; readonly filter?: undefined };

/** Reads the fields from a query or a form. */
export function letterFields(get: (name: string) => string | undefined): LetterFields {
  const text = (name: string) => (get(name) ?? "").trim().slice(0, 500);
  return {
    subject: text("subject"),
    consumer: text("consumer"),
    code: text("code"),
    since: text("since"),
    until: text("until"),
  };
}

/** The filter of the fields. */
export function toLetterFilter({ subject, consumer, code, since, until }: LetterFields): GivenFilter {
  if (subject !== "" && !isFilter(subject)) {
    return {
      problem: `The subject ${
        JSON.stringify(subject)
      } is none: whole words with dots between, * and > allowed`,
    };
  }
  const times: { since?: Date; until?: Date } = {};
  for (const [name, text] of [["since", since], ["until", until]] as const) {
    if (text === "") continue;
    const time = parseInstant(text);
    if (time === undefined) return { problem: `“${shown(text, 60)}” is no time: ${INSTANT_FORMS}` };
    times[name] = time;
  }
  return {
    filter: {
      ...subject !== "" && { subject },
      ...consumer !== "" && { consumer },
      ...code !== "" && { errorCode: code },
      ...times,
    },
  };
}

/** The fields that are filled in, as a query. */
export function letterQuery(fields: LetterFields, more: Readonly<Record<string, string>> = {}): string {
  const given = Object.entries({ ...fields, ...more }).filter(([, value]) => value !== "");
  return new URLSearchParams(given).toString();
}

/** The fields that are filled in, in words. */
export function describeFields(fields: LetterFields): string {
  const names = { subject: "subject", consumer: "consumer", code: "code", since: "since", until: "until" };
  const given = Object.entries(names).flatMap(([key, name]) => {
    const value = fields[key as keyof LetterFields];
    return value === "" ? [] : [`${name} ${shown(value)}`];
  });
  return given.length === 0 ? "all" : given.join(", ");
}

/** The form that filters. */
export function filterForm(fields: LetterFields): Html {
  const field = (name: keyof LetterFields, label: string, placeholder: string) =>
    html`<label>${label}<input name="${name}" value="${
      fields[name]
    }" placeholder="${placeholder}" autocomplete="off" spellcheck="false"></label>`;
  return html`<form class="row" method="get" role="search">
${field("subject", "Subject", "evt.order.>")} ${field("consumer", "Consumer", "orders-evt_order_placed_v1")}
${field("code", "Code", "DATABASE_ERROR")} ${field("since", "Since", "2h, 2026-01-31T09:00Z")} ${
    field("until", "Until", "10m")
  }
<button>Filter</button></form>`;
}

/** The fields as hidden ones of another form. */
export function hiddenFields(fields: LetterFields): Html {
  return html`${
    Object.entries(fields).filter(([, value]) => value !== "").map(([name, value]) =>
      html`<input type="hidden" name="${name}" value="${value}">`
    )
  }`;
}
