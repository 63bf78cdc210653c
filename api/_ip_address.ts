/** An IP address. */
export interface Address {
  /** As it was written, without port, brackets and zone. */
  readonly text: string;
  /** 32 or 128. */
  readonly bits: number;
  /** The address as a number. */
  readonly value: bigint;
}

/** A network in CIDR notation. */
export interface Network {
  /** Whether the address is one of the network's. */
  contains(address: Address): boolean;
}

const OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);
const MAX_LENGTH = 64;

/** The address in `text`, which may have a port, brackets or a zone; `undefined` where it is none. */
export function parseAddress(text: string): Address | undefined {
  const trimmed = text.trim();
  if (trimmed.length > MAX_LENGTH) return undefined;
  const bare = trimmed
    .replace(/^\[(.+)\](?::\d+)?$/, "$1")
    .replace(/^([\d.]+):\d+$/, "$1")
    .replace(/%.*$/, "");
  if (IPV4.test(bare)) return { text: bare, bits: 32, value: toNumber(bare.split("."), 8n) };
  const groups = bare.includes(":") ? toGroups(bare) : undefined;
  if (groups === undefined) return undefined;
  const value = toNumber(groups.map((group) => `0x${group}`), 16n);
  if (value >> 32n !== 0xffffn) return { text: bare, bits: 128, value };
  // An IPv4 peer on a dual-stack socket.
  const mapped = value & 0xffffffffn;
  return {
    text: [24n, 16n, 8n, 0n].map((shift) => mapped >> shift & 0xffn).join("."),
    bits: 32,
    value: mapped,
  };
}

/** The eight groups of an IPv6 address; the URL parser checks and normalizes it. */
function toGroups(address: string): string[] | undefined {
  const url = URL.parse(`http://[${address}]`);
  if (url === null) return undefined;
  const [head = "", tail] = url.hostname.slice(1, -1).split("::");
  const split = (part: string) => part === "" ? [] : part.split(":");
  if (tail === undefined) return split(head);
  const zeros = new Array(8 - split(head).length - split(tail).length).fill("0");
  return [...split(head), ...zeros, ...split(tail)];
}

function toNumber(parts: readonly string[], bits: bigint): bigint {
  return parts.reduce((value, part) => (value << bits) + BigInt(part), 0n);
}

/**
 * The network that `cidr` (`10.0.0.0/8`, or one address) names.
 *
 * @throws {TypeError} when it names none.
 */
export function parseNetwork(cidr: string): Network {
  const [, text, length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(cidr) ?? [];
  const address = text === undefined ? undefined : parseAddress(text);
  const prefix = length === undefined ? address?.bits : Number(length);
  if (address === undefined || prefix === undefined || prefix > address.bits) {
    throw new TypeError(
      `Expected \`trustProxy\` to list networks such as "10.0.0.0/8", got ${JSON.stringify(cidr)}`,
    );
  }
  const shift = BigInt(address.bits - prefix);
  const network = address.value >> shift;
  return { contains: ({ bits, value }) => bits === address.bits && value >> shift === network };
}
