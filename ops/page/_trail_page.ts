import { html } from "hono/html";
import { isWellFormedId } from "../../context/ids.ts";
import { INSTANT_FORMS, parseInstant } from "../../internal/instant.ts";
import { Streams } from "../../messaging/bus/streams.ts";
import { scanTrail, type TrailMessage, type TrailPosition } from "../trail/scan_trail.ts";
import { problemOf } from "./_answer_within.ts";
import { audit } from "./_audit.ts";
import { ago, badge, bytes, count, grouped, type Html, shown } from "./_html.ts";
import { respondPage, streamPage } from "./_layout.ts";
import { eventGuard } from "./_merchants.ts";
import { may, type OpsContext, type OpsParts } from "./_ops_context.ts";
import type { Redaction } from "./_redacted.ts";

/** After how many messages a page ends: one id may be that of a whole import. */
const MAX_SHOWN = 500;

/** Everything that is still stored under one correlation id, shown while the streams are read. */
export function createTrail(parts: OpsParts, redaction: Redaction): (c: OpsContext) => Promise<Response> {
  let isRunning = false;

  return async (c) => {
    const [id, since, until] = ["id", "since", "until"].map((name) => (c.req.query(name) ?? "").trim()) as [
      string,
      string,
      string,
    ];
    const form = trailForm(id, since, until);
    const plain = (content: Html, status = 200) =>
      respondPage(c, parts, { title: "Trail", content: html`${form}${content}`, status });
    if (id === "") return await plain(html`<p>Events, commands and dead letters, newest first.</p>`);
    if (!isWellFormedId(id)) return await plain(problem("This is no correlation id."), 422);
    const [from, to] = [since, until].map((text) => text === "" ? undefined : parseInstant(text));
    for (const [text, time] of [[since, from], [until, to]] as const) {
      if (text !== "" && time === undefined) {
        return await plain(problem(`“${shown(text, 60)}” is no time: ${INSTANT_FORMS}`), 422);
      }
    }
    if (isRunning) {
      return await plain(
        problem("Another search is running in this process. Try again when it has ended."),
        409,
      );
    }
    isRunning = true;
    const abort = new AbortController();
    return await streamPage(c, parts, "Trail", async (write) => {
      const guard = eventGuard(c.env.operator);
      const now = Date.now();
      let total = 0;
      try {
        await write(html`
          ${form}<section aria-live="polite">
        `);
        const scan = scanTrail(parts.bus, id, {
          since: from,
          until: to,
          from: parsePosition(c.req.query("before")),
          signal: abort.signal,
        });
        for await (const { found, share, next } of scan) {
          const visible = guard === undefined ? found : found.filter(({ event }) => guard(event));
          total += visible.length;
          await write(
            html`${visible.map((message) => entry(c, message, redaction, now))}${
              progress(share, total, next && continuation(id, since, until, next))
            }`,
          );
          if (total >= MAX_SHOWN) break;
        }
      } catch (error) {
        await write(problem(`The message bus: ${problemOf(error)}`));
      } finally {
        isRunning = false;
        if (may(c, "payloads") && total > 0) audit(c, parts, "payload.show", { trail: id, events: total });
        await write(html`</section>`);
      }
    }, () => abort.abort());
  };
}

function problem(text: string): Html {
  return html`<p class="note bad">${text}</p>`;
}

function trailForm(id: string, since: string, until: string): Html {
  const field = (name: string, label: string, value: string, placeholder: string) =>
    html`<label>${label}<input name="${name}" value="${value}" placeholder="${placeholder}" maxlength="128"
autocomplete="off" spellcheck="false"></label>`;
  return html`<form class="row" method="get" role="search">
${field("id", "Correlation id", id, "corr_3d9c571e6e98")} ${field("since", "Since", since, "2h")} ${
    field("until", "Until", until, "10m")
  }
<button>Follow</button></form>`;
}

/** Each step says how far it is; only the last one is seen. */
function progress(share: number, total: number, more: string | undefined): Html {
  const percent = `${Math.floor(share * 100)} %`;
  return html`
    <p class="share">${more === undefined
      ? `${count(total, "message")}; everything that is stored was read.`
      : html`
        <progress max="1" value="${share.toFixed(3)}"></progress> ${percent} read, ${count(
          total,
          "message",
        )} so far. <a
          href="?${more}">Go on from here</a>
      `}</p>
  `;
}

function continuation(id: string, since: string, until: string, next: TrailPosition): string {
  const before = Object.entries(next).map(([stream, sequence]) => `${stream}:${sequence}`).join(",");
  const given = Object.entries({ id, since, until, before }).filter(([, value]) => value !== "");
  return new URLSearchParams(given).toString();
}

function parsePosition(text: string | undefined): TrailPosition | undefined {
  const entries = [...(text ?? "").slice(0, 4000).matchAll(/([\w-]+):(\d{1,15})/g)];
  return entries.length === 0
    ? undefined
    : Object.fromEntries(entries.map(([, stream, sequence]) => [stream!, Number(sequence)]));
}

function entry(c: OpsContext, message: TrailMessage, redaction: Redaction, now: number): Html {
  const { stream, sequence, subject, timeNanos, headers, data, event } = message;
  const isDead = stream === Streams.DLQ;
  const text = (value: unknown) => typeof value === "string" ? shown(value, 100) : undefined;
  const time = new Date(Number(timeNanos / 1_000_000n));
  const kind = isDead
    ? badge("dead letter", "bad")
    : badge(subject.startsWith("cmd.") ? "command" : "event", subject.startsWith("cmd.") ? "warn" : "good");
  const facts = [
    text(event?.["source_service"]) && `from ${text(event?.["source_service"])}`,
    text(event?.["event_id"]),
    isDead && text(headers.get("Glam-Dlq-Error-Code")),
    isDead && headers.has("Glam-Dlq-Consumer") && `by ${text(headers.get("Glam-Dlq-Consumer"))}`,
    bytes(data.length),
  ].filter((fact) => typeof fact === "string");
  const place = isDead
    ? html`<a href="${c.env.root}dead-letters/${sequence}">${stream} ${grouped(sequence)}</a>`
    : `${stream} ${grouped(sequence)}`;
  return html`
    <article class="event"><p>${kind} <strong>${shown(
      isDead ? subject.replace(/^dlq\./, "") : subject,
    )}</strong> ${ago(time, now)}</p>
    <p><small>${time.toISOString()} · ${place} · ${facts.join(
      " · ",
    )}</small></p>${may(c, "payloads") && data.length > 0
      ? html`
        <details>
          <summary>Payload</summary>
          <pre tabindex="0">${redaction.payload(data).text}</pre>
        </details>
      `
      : ""}</article>
  `;
}
