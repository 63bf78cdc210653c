import type { DeadLetter, DeadLetterFilter, DeadLetters } from "../../messaging/mod.ts";
import { asIs } from "../_json.ts";
import { UsageError } from "../_session.ts";
import { toTable } from "../_table.ts";
import type { Terminal } from "../_terminal.ts";
import { bodyOf } from "./_message_line.ts";

/** The options that filter dead letters. */
export interface FilterFlags {
  readonly subject?: string;
  readonly consumer?: string;
  readonly errorCode?: string;
  readonly errorDigest?: string;
  readonly since?: Date;
  readonly until?: Date;
}

/** The options that select dead letters for a command that changes them. */
export interface SelectionFlags extends FilterFlags {
  readonly all?: boolean;
}

/** The filter of the options. */
export function toFilter(flags: FilterFlags): DeadLetterFilter {
  const { subject, consumer, errorCode, errorDigest, since, until } = flags;
  return { subject, consumer, errorCode, errorDigest, since, until };
}

/**
 * The filters for the selected dead letters: one for each sequence, else one for the options, else `"all"`.
 *
 * @throws {UsageError} when nothing is selected, or in several ways.
 */
export function selection(flags: SelectionFlags, sequences: readonly string[]): (DeadLetterFilter | "all")[] {
  const filter = toFilter(flags);
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  const ways = [sequences.length > 0, isFiltered, flags.all === true].filter(Boolean).length;
  if (ways !== 1) {
    throw new UsageError(
      `Select the dead letters by ${
        ways === 0 ? "" : "only one of "
      }sequences, a filter such as --subject, or --all`,
    );
  }
  if (sequences.length === 0) return [flags.all ? "all" : filter];
  return sequences.map((text) => {
    const sequence = Number(text);
    if (!/^\d+$/.test(text) || !(sequence > 0)) {
      throw new UsageError(`Expected a sequence of \`dlq list\`, got ${JSON.stringify(text)}`);
    }
    return { sequence };
  });
}

/** Reads the dead letters that the filters match. */
export async function select(
  dead: DeadLetters,
  filters: readonly (DeadLetterFilter | "all")[],
): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for (const filter of filters) {
    for await (const letter of dead.list(filter === "all" ? {} : filter)) letters.push(letter);
  }
  return letters;
}

/** Dead letters as a table. */
export function letterTable(terminal: Terminal, letters: readonly DeadLetter[]): string {
  return toTable(
    terminal,
    ["sequence", "dead since", "subject", "consumer", "attempts", "error", "message"],
    letters.map((letter) => [
      letter.sequence,
      letter.deadSince.toISOString().replace(/\.\d+Z/, "Z"),
      letter.subject,
      letter.consumer,
      letter.attempts,
      letter.errorCode,
      letter.errorMessage,
    ]),
  );
}

/** A dead letter as a JSON document. Its message is in `body` when it is JSON, else in `data_base64`. */
export function letterDocument({ data, event: _, headers, ...letter }: DeadLetter): object {
  const body = bodyOf(data);
  const isText = typeof body === "string";
  return {
    ...letter,
    headers: asIs(Object.fromEntries(headers)),
    ...(isText ? { dataBase64: toBase64(data) } : { body: asIs(body) }),
  };
}

function toBase64(data: Uint8Array): string {
  return btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join(""));
}
