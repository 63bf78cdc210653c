import { keyInvalid } from "./_refusals.ts";

/** A string of structured fields (RFC 9651), which is what the draft of the header asks for. */
const QUOTED = /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;
/** What most clients send. Two headers are joined by a comma. */
const BARE = /^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]+$/;
const MAX_CHARACTERS = 255;

/**
 * The key that a header says: `"abc"` and `abc` are the same; `undefined` where there is no header.
 *
 * @throws {GlamError} 400 when it is not one text of 1 to 255 printable ASCII characters.
 */
export function parseIdempotencyKey(header: string | null): string | undefined {
  if (header === null) return undefined;
  const quoted = QUOTED.exec(header)?.[1]?.replace(/\\(.)/g, "$1");
  const key = quoted ?? (BARE.test(header) ? header : "");
  if (key === "" || key.length > MAX_CHARACTERS) throw keyInvalid();
  return key;
}
