import { html } from "hono/html";
import { pageResponse } from "../../internal/page_response.ts";
import { isWellFormedId } from "../../context/ids.ts";
import type { DeadLetter } from "../../messaging/dead_letters/dead_letters.ts";
import { audit } from "./_audit.ts";
import { ago, bytes, facts, grouped, type Html, shown, table } from "./_html.ts";
import { respondPage } from "./_layout.ts";
import { letterGuard } from "./_merchants.ts";
import { may, type OpsContext, type OpsParts } from "./_ops_context.ts";
import type { Redaction } from "./_redacted.ts";

/** One dead letter; its payload, headers and error only for who may see them, with a line in the log. */
export async function deadLetterPage(
  c: OpsContext,
  parts: OpsParts,
  redaction: Redaction,
): Promise<Response> {
  const letter = await findLetter(c, parts);
  if (letter === undefined) return await missingLetter(c, parts);
  const { root } = c.env;
  const now = Date.now();
  const { sequence, messageId, stream, streamSequence } = letter;
  const correlationId = letter.headers.get("X-Correlation-ID") ?? letter.event?.correlation_id ?? undefined;
  const showsPayload = may(c, "payloads");
  const content = html`${
    facts([
      ["Subject", shown(letter.subject)],
      ["Dead since", ago(letter.deadSince, now)],
      ["Consumer", shown(letter.consumer)],
      ["Code", shown(letter.errorCode)],
      ["Error", showsPayload ? shown(errorText(letter, redaction), 2000) : undefined],
      ["Class of the error", shown(letter.errorName)],
      ["Digest of the error", shown(letter.errorDigest)],
      ["Attempts", letter.attempts],
      ["First failed", ago(letter.firstFailedAt, now)],
      ["Last failed", ago(letter.lastFailedAt, now)],
      ["Holds up", letter.held ? "its partition, until it is redriven or deleted" : undefined],
      ["Redriven", letter.redriveCount === 0 ? undefined : letter.redriveCount],
      ["Message id", shown(messageId)],
      [
        "Was",
        streamSequence === undefined ? undefined : `message ${grouped(streamSequence)} of ${shown(stream)}`,
      ],
      ["Correlation id", correlationOf(root, correlationId)],
      [
        "Size",
        letter.omittedBytes > 0 ? `${bytes(letter.omittedBytes)}, left out` : bytes(letter.data.length),
      ],
    ])
  }
<p class="actions">${
    may(c, "redrive")
      ? html`<a class="button" href="${root}dead-letters/redrive?sequence=${sequence}">Redrive …</a>`
      : ""
  } ${
    may(c, "purge")
      ? html`<a class="button danger" href="${root}dead-letters/purge?sequence=${sequence}">Delete …</a>`
      : ""
  }</p>
${
    showsPayload
      ? contents(c, parts, letter, redaction)
      : html`<p class="note">You may not see payloads.</p>`
  }`;
  return await respondPage(c, parts, { title: `Dead letter ${sequence}`, content });
}

/** The bytes of a payload as a file: never shown by the browser. */
export async function rawDeadLetter(c: OpsContext, parts: OpsParts): Promise<Response> {
  const letter = await findLetter(c, parts);
  if (letter === undefined) return await missingLetter(c, parts);
  const { sequence, subject, data } = letter;
  audit(c, parts, "payload.download", { sequence, subject, bytes: data.length });
  const response = pageResponse(data as Uint8Array<ArrayBuffer>, {
    contentType: "application/octet-stream",
    policy: "default-src 'none'; sandbox; frame-ancestors 'none'",
  });
  response.headers.set("Content-Disposition", `attachment; filename="dead-letter-${sequence}.bin"`);
  return response;
}

async function findLetter(c: OpsContext, { deadLetters }: OpsParts): Promise<DeadLetter | undefined> {
  const sequence = Number(c.req.param("sequence"));
  if (!Number.isSafeInteger(sequence) || sequence < 1) return undefined;
  const letter = await deadLetters.show(sequence);
  const guard = letterGuard(c.env.operator);
  return letter === undefined || guard === undefined || guard(letter) ? letter : undefined;
}

function missingLetter(c: OpsContext, parts: OpsParts): Promise<Response> {
  const content = html`<p>It was redriven, deleted, or dropped at the age limit.</p>
<p><a href="${c.env.root}dead-letters">All dead letters</a></p>`;
  return respondPage(c, parts, { title: "There is no such dead letter", content, status: 404 });
}

/** An id that can be searched for leads to its trail. */
function correlationOf(root: string, id: unknown): Html | string | undefined {
  if (typeof id !== "string") return undefined;
  return isWellFormedId(id) ? html`<a href="${root}trail?id=${encodeURIComponent(id)}">${id}</a>` : shown(id);
}

function contents(c: OpsContext, parts: OpsParts, letter: DeadLetter, redaction: Redaction): Html {
  const { sequence, subject, data, headers, omittedHeaders } = letter;
  audit(c, parts, "payload.show", { sequence, subject });
  const { text, isJson, omitted } = redaction.payload(data);
  const rows = [...headers].map(([name, value]) => [shown(name), shown(redaction.member(name, value), 2000)]);
  return html`${logHint(letter)}
<h2>Payload</h2>
${isJson || data.length === 0 ? "" : html`<p class="note warn">It is not JSON.</p>`}
${omitted > 0 ? html`<p>The beginning; ${grouped(omitted)} characters more are in the file.</p>` : ""}
${data.length === 0 ? html`<p>Empty.</p>` : html`<pre tabindex="0">${text}</pre>`}
<p><a href="${c.env.root}dead-letters/${sequence}/raw" download>Download the bytes</a></p>
<h2>Headers</h2>
${rows.length === 0 ? html`<p>None.</p>` : table("Headers", ["Name", "Value"], rows)}
${
    omittedHeaders.length > 0
      ? html`<p>Left out, as they cannot be written: ${shown(omittedHeaders.join(", "))}</p>`
      : ""
  }`;
}

function errorText({ errorMessage }: DeadLetter, redaction: Redaction): string | undefined {
  return errorMessage === undefined ? undefined : redaction.text(errorMessage);
}

/** Where its stack and its cause are, which no dead letter has. */
function logHint({ consumer, event }: DeadLetter): Html | string {
  const id = event?.event_id;
  if (typeof id !== "string" || !isWellFormedId(id)) return "";
  return html`<p>The log of ${
    shown(consumer) ?? "its consumer"
  } has the stack and the causes: look for <code>${id}</code>.</p>`;
}
