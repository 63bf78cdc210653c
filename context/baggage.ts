const MAX_MEMBERS = 64;
const MAX_BYTES = 8192;

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const OCTET = "[\\x21\\x23-\\x2b\\x2d-\\x3a\\x3c-\\x5b\\x5d-\\x7e]";
const OCTETS = `${OCTET}*`;
const OWS = "[ \\t]*";
const PROPERTY = new RegExp(`^${TOKEN}(?:${OWS}=${OWS}${OCTETS})?$`);
const MEMBER = new RegExp(`^(${TOKEN})${OWS}=${OWS}(${OCTETS})$`);

/** One member of a W3C `baggage` header. */
export interface BaggageEntry {
  /** A token (RFC 9110, 5.6.2). */
  readonly key: string;
  /** The value, percent-decoded; what is not UTF-8 became U+FFFD. */
  readonly value: string;
  /** Metadata of the member as written: `ttl=60`, `private`. */
  readonly properties?: readonly string[];
}

/**
 * The members of a `baggage` header. Members that are not legal are left out, and so is what is over 64 members or
 * 8,192 bytes; a member is never cut.
 *
 * @see https://www.w3.org/TR/baggage/#header-content
 */
export function parseBaggage(header: string): BaggageEntry[] {
  return legalMembers(header).map((member) => {
    const [pair = "", ...properties] = member.split(";").map((part) => part.trim());
    const [, key = "", value = ""] = MEMBER.exec(pair) ?? [];
    return { key, value: percentDecode(value), ...(properties.length > 0 && { properties }) };
  });
}

/**
 * The `baggage` header for these entries, percent-encoded. Entries that would go over 64 members or 8,192 bytes are
 * left out whole.
 *
 * @throws {TypeError} when a key is not a token, or a property is not `token` or `token=value`.
 */
export function formatBaggage(entries: Iterable<BaggageEntry>): string {
  const members: string[] = [];
  for (const { key, value, properties = [] } of entries) {
    const member = [`${key}=${percentEncode(value)}`, ...properties].join(";");
    if (!isLegal(member)) {
      throw new TypeError(
        `Cannot write baggage: expected a token as key, and properties like "token" or "token=value", got ${
          JSON.stringify([key, ...properties].join(";"))
        }`,
      );
    }
    members.push(member);
  }
  return withinLimits(members).join(",");
}

/** The legal members of a `baggage` header as they were written, to be passed on, or `undefined` where there are none. */
export function normalizeBaggage(header: string): string | undefined {
  return legalMembers(header).join(",") || undefined;
}

function legalMembers(header: string): string[] {
  return withinLimits(header.split(",").map((part) => part.trim()).filter(isLegal));
}

function isLegal(member: string): boolean {
  const [pair = "", ...properties] = member.split(";");
  return MEMBER.test(pair.trim()) && properties.every((property) => PROPERTY.test(property.trim()));
}

function withinLimits(members: string[]): string[] {
  const kept: string[] = [];
  let bytes = -1;
  for (const member of members) {
    if (kept.length === MAX_MEMBERS) break;
    if (bytes + member.length + 1 > MAX_BYTES) continue; // legal members are ASCII
    bytes += member.length + 1;
    kept.push(member);
  }
  return kept;
}

const encoder = new TextEncoder();

function percentEncode(value: string): string {
  let text = "";
  for (const byte of encoder.encode(value)) {
    const char = String.fromCharCode(byte);
    // `%` is an octet of its own in the grammar, and the start of an escape in a value.
    text += byte < 0x80 && char !== "%" && VALUE_CHAR.test(char)
      ? char
      : "%" + byte.toString(16).toUpperCase().padStart(2, "0");
  }
  return text;
}

const VALUE_CHAR = new RegExp(`^${OCTET}$`);
const ESCAPES = /(?:%[0-9A-Fa-f]{2})+/g;

function percentDecode(value: string): string {
  return value.replace(ESCAPES, (escapes) => {
    const bytes = escapes.slice(1).split("%").map((hex) => parseInt(hex, 16));
    return new TextDecoder().decode(new Uint8Array(bytes));
  });
}
