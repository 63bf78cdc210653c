const MAX_MEMBERS = 32;
const MAX_LENGTH = 512;
const LONG_MEMBER = 128;

// W3C Trace Context level 2: the `@` is an ordinary key character, the value is printable ASCII without
// comma and equals sign and does not end with a space.
const MEMBER =
  /^([a-z0-9][a-z0-9_\-*/@]{0,255})=([\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e])$/;

/**
 * The legal part of a `tracestate`, to be passed on, or `undefined` where nothing is left.
 *
 * A list that is illegal anywhere, or has more than 32 members, is dropped whole. Of a repeated key the first
 * (newest) member is kept. Over 512 characters whole members are left out: those over 128 characters first, then
 * from the end.
 *
 * @see https://www.w3.org/TR/trace-context-2/#tracestate-header
 */
export function normalizeTracestate(header: string): string | undefined {
  const members = new Map<string, string>();
  let count = 0;
  for (const part of header.split(",")) {
    const member = trimWhiteSpace(part);
    if (member === "") continue; // empty members are legal
    const key = MEMBER.exec(member)?.[1];
    if (key === undefined || ++count > MAX_MEMBERS) return undefined;
    if (!members.has(key)) members.set(key, member);
  }
  return trim([...members.values()]).join(",") || undefined;
}

function trim(members: string[]): string[] {
  let length = members.reduce((sum, member) => sum + member.length + 1, -1);
  const drop = (index: number) => {
    length -= members[index]!.length + 1;
    members.splice(index, 1);
  };
  for (let i = members.length - 1; i >= 0 && length > MAX_LENGTH; i--) {
    if (members[i]!.length > LONG_MEMBER) drop(i);
  }
  while (length > MAX_LENGTH) drop(members.length - 1);
  return members;
}

/** Without spaces and tabs at either end; in linear time, which a regular expression that ends in `$` does not have. */
function trimWhiteSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isWhiteSpace(text.charCodeAt(start))) start++;
  while (end > start && isWhiteSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isWhiteSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
