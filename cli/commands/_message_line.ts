import { escapeControls } from "../../internal/terminal_text.ts";
import type { GlamEvent, StoredMessage } from "../../messaging/mod.ts";
import { cut } from "../_table.ts";
import type { Terminal } from "../_terminal.ts";

/** A message as one line for people. */
export function describeMessage(message: StoredMessage, terminal: Terminal): string {
  const { sequence } = message;
  const subject = escapeControls(message.subject);
  const time = new Date(millisOf(message)).toISOString().slice(11, 23);
  const event = bodyOf(message.data);
  const body = JSON.stringify(isEvent(event) ? event.data : event) ?? "";
  const head = `${time}  ${sequence}  ${subject}  `;
  return [
    terminal.paint("dim", `${time}  ${sequence}`),
    terminal.paint("cyan", subject),
    cut(escapeControls(body), Math.max(20, terminal.columns - head.length)),
  ].join("  ");
}

/** A message as one line of JSON, with its headers and the whole body. */
export function messageDocument(message: StoredMessage, stream: string): string {
  const { sequence, subject, headers, data } = message;
  return JSON.stringify({
    stream,
    sequence,
    subject,
    time: new Date(millisOf(message)).toISOString(),
    headers: Object.fromEntries(headers),
    body: bodyOf(data),
  });
}

/** The bytes of a message as JSON, else as text. */
export function bodyOf(data: Uint8Array): unknown {
  const text = new TextDecoder().decode(data);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isEvent(body: unknown): body is Partial<GlamEvent> {
  return typeof body === "object" && body !== null && "event_id" in body && "data" in body;
}

function millisOf({ timeNanos }: StoredMessage): number {
  return Number(timeNanos / 1_000_000n);
}
