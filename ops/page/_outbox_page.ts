import { html } from "hono/html";
import type { DeadEvent, DeadEventFilter } from "../../messaging/outbox/outbox.ts";
import { answerWithin, unanswered } from "./_answer_within.ts";
import { audit } from "./_audit.ts";
import { readForm } from "./_form.ts";
import { ago, count, duration, facts, grouped, type Html, shown, table } from "./_html.ts";
import { respondPage } from "./_layout.ts";
import { may, type OpsContext, type OpsParts } from "./_ops_context.ts";
import type { Redaction } from "./_redacted.ts";

const WAIT_MS = 5000;
const MAX_ROWS = 100;

/** The outbox of this service: what waits, and what could not be published. */
export async function outboxPage(c: OpsContext, parts: OpsParts, redaction: Redaction): Promise<Response> {
  const title = "Outbox";
  const { outbox } = parts;
  if (outbox === undefined) {
    const content =
      html`<p>This page was given no outbox. Each service that has one shows it on its own page.</p>`;
    return await respondPage(c, parts, { title, content });
  }
  const { value, problem } = await answerWithin(WAIT_MS, async () => {
    const status = await outbox.status();
    return { status, dead: status.dead === 0 ? [] : await outbox.dead({ limit: MAX_ROWS }) };
  }, parts.logger);
  if (value === undefined) {
    const content = unanswered("database", problem);
    return await respondPage(c, parts, { title, content, status: 503 });
  }
  const { pending, delayed, sent, oldest_age_seconds: age } = value.status;
  const content = html`${
    facts([
      ["Pending", grouped(pending)],
      ["The oldest is due for", age === undefined ? undefined : duration(age * 1000)],
      ["Not due yet", grouped(delayed)],
      ["Dead", grouped(value.status.dead)],
      ["Sent, and still in the table", grouped(sent)],
    ])
  }
<h2>Dead events</h2>
${value.dead.length === 0 ? html`<p>None.</p>` : deadTable(c, parts, value.dead, redaction)}
${
    value.dead.length < value.status.dead
      ? html`<p>The oldest ${value.dead.length} of ${grouped(value.status.dead)}.</p>`
      : ""
  }
${
    value.dead.length > 0 && may(c, "retry")
      ? retryForm(c, {}, `Retry all ${grouped(value.status.dead)}`)
      : ""
  }`;
  return await respondPage(c, parts, { title, content });
}

function deadTable(c: OpsContext, parts: OpsParts, dead: readonly DeadEvent[], redaction: Redaction): Html {
  const now = Date.now();
  const showsErrors = may(c, "payloads");
  if (showsErrors) audit(c, parts, "outbox.errors.show", { events: dead.length });
  const mayRetry = may(c, "retry");
  return table(
    "Dead events",
    [
      "Event",
      "Added",
      "Subject",
      { title: "Attempts", isNumber: true },
      ...showsErrors ? ["Key", "Error"] : [],
      ...mayRetry ? ["Again"] : [],
    ],
    dead.map(({ eventId, createdAt, subject, key, attempts, error }) => [
      shown(eventId),
      ago(createdAt, now),
      shown(subject),
      attempts,
      ...showsErrors ? [shown(key && redaction.text(key)), shown(redaction.text(error))] : [],
      ...mayRetry ? [retryForm(c, { event: eventId }, "Retry")] : [],
    ]),
  );
}

function retryForm(
  { env: { root } }: OpsContext,
  fields: Readonly<Record<string, string>>,
  text: string,
): Html {
  const hidden = Object.entries(fields).map(([name, value]) =>
    html`<input type="hidden" name="${name}" value="${value}">`
  );
  return html`<form method="post" action="${root}outbox/retry">${hidden}<button>${text}</button></form>`;
}

/** Lets the relay try dead events again: one, those of a subject, or all. */
export async function retryOutbox(c: OpsContext, parts: OpsParts): Promise<Response> {
  const { outbox } = parts;
  const get = await readForm(c);
  if (outbox === undefined || get === undefined) {
    const content = html`<p class="note bad">${
      outbox === undefined ? "This page was given no outbox." : "Expected a form or a JSON object."
    }</p>`;
    return await respondPage(c, parts, { title: "Outbox", content, status: 422 });
  }
  const [eventId, subject] = [get("event"), get("subject")];
  const filter: DeadEventFilter = { eventId, subject };
  const retried = await outbox.retry(filter);
  audit(c, parts, "outbox.retry", { event_id: eventId, subject, retried });
  const content = html`<p class="note good">${
    count(retried, "event")
  } will be tried again by the relay of the service.</p>
<p><a href="${c.env.root}outbox">Outbox</a></p>`;
  return await respondPage(c, parts, { title: "Outbox", content });
}
