import { ContractError } from "../../errors/common.ts";

/** Fewest partitions of an event. */
export const MIN_PARTITIONS = 2;
/** Most partitions of an event. */
export const MAX_PARTITIONS = 256;

/** The header of an event's key. */
export const KEY_HEADER = "Glam-Key";
const KEY_HEADER_LOWER = KEY_HEADER.toLowerCase();

/** The subject, without its partition, and the partition of a subject that has one. */
const PARTITION = /^(.+)\.p(0|[1-9]\d{0,2})$/;

const UTF8 = new TextEncoder();

/** FNV-1a with 32 bits over the UTF-8 bytes of a text, unsigned: what other languages compute as well. */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of UTF8.encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** The partition of a key, from 0. */
export function partitionOfKey(key: string, partitions: number): number {
  return fnv1a32(key) % partitions;
}

/** The subject that the events of a partition are published to. */
export function partitionSubject(subject: string, partition: number | string): string {
  return `${subject}.p${partition}`;
}

/** The filter for all partitions of a subject. */
export function partitionsFilter(subject: string): string {
  return `${subject}.*`;
}

/** The parts of a subject that ends with a partition; `undefined` for another one. */
export function splitPartition(
  subject: string,
): { readonly subject: string; readonly partition: number } | undefined {
  const [, base, partition] = PARTITION.exec(subject) ?? [];
  return base === undefined ? undefined : { subject: base, partition: Number(partition) };
}

/** The subject of the contract of a message: without the partition, where the message has a key. */
export function contractSubject(
  { subject, headers = [] }: {
    readonly subject: string;
    readonly headers?: Iterable<readonly string[]> | undefined;
  },
): string {
  const split = splitPartition(subject);
  if (split === undefined) return subject;
  for (const [name] of headers) if (name?.toLowerCase() === KEY_HEADER_LOWER) return split.subject;
  return subject;
}

/**
 * The key of an event: what the `keyOf` of its contract gives.
 *
 * @throws {ContractError} when that is neither a finite number nor a text with a character.
 */
export function eventKeyOf<Data>(
  { subject, keyOf }: { readonly subject: string; keyOf?(data: Data): unknown },
  data: Data,
): string {
  const key: unknown = keyOf!(data);
  if (typeof key === "number" && Number.isFinite(key)) return String(key);
  if (typeof key === "string" && key !== "") return key;
  const got = key === "" ? "an empty text" : typeof key === "number" ? String(key) : typeName(key);
  throw new ContractError(
    `Cannot place an event of "${subject}": expected its key to be a number or a text, got ${got}`,
    { contract: subject },
  );
}

/** A key as the value of {@link KEY_HEADER}: as JSON where it could not be read back as it is. */
export function formatKey(key: string): string {
  // deno-lint-ignore no-control-regex
  const isPlain = key === key.trim() && !key.startsWith('"') && !/[\0-\x1f\x7f]/.test(key);
  return isPlain ? key : JSON.stringify(key);
}

/** Reads what {@link formatKey} wrote; `undefined` where it is something else. */
export function parseKey(value: string | undefined): string | undefined {
  if (value === undefined || value === "" || !value.startsWith('"')) return value || undefined;
  try {
    const key: unknown = JSON.parse(value);
    return typeof key === "string" && key !== "" ? key : undefined;
  } catch {
    return undefined;
  }
}

function typeName(value: unknown): string {
  return value === null ? "null" : typeof value;
}
