import { NotFoundError } from "../../errors/mod.ts";
import { escapeControls } from "../../internal/terminal_text.ts";
import { createDeadLetters, type DeadLetter } from "../../messaging/mod.ts";
import { type BusFlags, openBus } from "../_connect.ts";
import { toDocument } from "../_json.ts";
import type { Session } from "../_session.ts";
import type { Terminal } from "../_terminal.ts";
import { letterDocument } from "./_dead_letters.ts";
import { bodyOf } from "./_message_line.ts";

/** Prints one dead letter. */
export async function run(
  { terminal, json }: Session,
  { raw = false, ...flags }: BusFlags & { readonly raw?: boolean },
  sequence: string,
): Promise<void> {
  await using bus = await openBus(flags);
  const letter = await createDeadLetters(bus).show(Number(sequence));
  if (letter === undefined) {
    throw new NotFoundError(
      `There is no dead letter ${sequence}; list them with: glam dlq list`,
    );
  }
  if (raw) return await terminal.write(letter.data);
  await terminal.print(json ? toDocument(letterDocument(letter)) : describe(letter, terminal));
}

function describe(letter: DeadLetter, terminal: Terminal): string {
  const { errorCode, errorName, errorMessage } = letter;
  const body = bodyOf(letter.data);
  const fields = {
    subject: letter.subject,
    "dead since": letter.deadSince.toISOString(),
    "first failed": letter.firstFailedAt?.toISOString(),
    "last failed": letter.lastFailedAt?.toISOString(),
    consumer: letter.consumer,
    attempts: letter.attempts,
    "holds up": letter.held ? "its partition, until it is redriven or purged" : undefined,
    redriven: letter.redriveCount > 0 ? `${letter.redriveCount} times` : undefined,
    stream: letter.stream === undefined ? undefined : `${letter.stream} ${letter.streamSequence ?? ""}`,
    error: [errorCode, errorName].filter(Boolean).join(" ") || undefined,
    message: errorMessage,
    digest: letter.errorDigest,
  };
  const lines = Object.entries(fields).filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${terminal.paint("dim", name.padEnd(14))}${escapeControls(String(value))}`);
  const headers = [...letter.headers].map((header) => `  ${escapeControls(header.join(": "))}`);
  return [
    terminal.paint("bold", `Dead letter ${letter.sequence}`),
    ...lines,
    "",
    ...headers,
    ...headers.length > 0 ? [""] : [],
    typeof body === "string" ? body : JSON.stringify(body, null, 2),
  ].join("\n");
}
