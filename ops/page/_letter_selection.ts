import { contractSubject } from "../../messaging/contract/_partition.ts";
import type { DeadLetterFilter, DeadLetters } from "../../messaging/dead_letters/dead_letters.ts";
import { describeFields, type LetterFields, letterFields, toLetterFilter } from "./_letter_filter.ts";
import { letterGuard } from "./_merchants.ts";
import type { OpsContext } from "./_ops_context.ts";

/** The dead letters that a change is asked for: one, or those of a filter. */
export interface Selection {
  readonly fields: LetterFields;
  readonly sequence: number | undefined;
  /** Has at least one member, so that nothing is taken for "all" by mistake. */
  readonly filter: DeadLetterFilter;
  readonly description: string;
}

/** Reads a selection; text where it is malformed, or more than the operator may change. */
export async function readSelection(
  c: OpsContext,
  deadLetters: DeadLetters,
  get: (name: string) => string | undefined,
): Promise<Selection | string> {
  const fields = letterFields(get);
  const guard = letterGuard(c.env.operator);
  const given = get("sequence");
  if (given !== undefined && given !== "") {
    const sequence = Number(given);
    if (!/^\d+$/.test(given) || !Number.isSafeInteger(sequence)) return "The sequence is no number.";
    const letter = guard && await deadLetters.show(sequence);
    if (guard !== undefined && (letter === undefined || !guard(letter))) {
      return "There is no such dead letter.";
    }
    return { fields, sequence, filter: { sequence }, description: `dead letter ${sequence}` };
  }
  if (guard !== undefined) return "You may change dead letters one by one.";
  const { filter, problem } = toLetterFilter(fields);
  if (problem !== undefined) return problem;
  // What comes after the question is not part of the answer.
  const until = filter.until ?? new Date();
  return {
    fields: { ...fields, until: until.toISOString() },
    sequence: undefined,
    filter: { ...filter, until },
    description: describeFields(fields),
  };
}

/** How many there are, by subject and code. */
export interface SelectionCount {
  readonly total: number;
  readonly groups: readonly (readonly [subject: string, code: string | undefined, total: number])[];
}

/** Counts the selected dead letters, without reading their payloads. */
export async function countSelection(
  deadLetters: DeadLetters,
  { filter }: Selection,
  signal: AbortSignal,
): Promise<SelectionCount> {
  const groups = new Map<string, [subject: string, code: string | undefined, total: number]>();
  let total = 0;
  for await (const letter of deadLetters.list(filter, { payloads: false, signal })) {
    total++;
    const { errorCode } = letter;
    const subject = contractSubject(letter); // sixteen partitions are one kind
    const key = `${subject}\n${errorCode}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [subject, errorCode, 1]);
    else group[2]++;
  }
  return { total, groups: [...groups.values()].sort((one, other) => other[2] - one[2]) };
}
