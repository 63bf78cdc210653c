import { convertIPv4ToBinary, convertIPv6ToBinary, distinctRemoteAddr } from "hono/utils/ipaddr";

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

/** The address in `text`, which may have a port, brackets or a zone; `undefined` where it is none. */
export function parseAddress(text: string): Address | undefined {
  const bare = text.trim()
    .replace(/^\[(.+)\](?::\d+)?$/, "$1")
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1")
    .replace(/%.*$/, "")
    .replace(/^::ffff:(\d+\.\d+\.\d+\.\d+)$/i, "$1"); // an IPv4 peer on a dual-stack socket
  try {
    switch (distinctRemoteAddr(bare)) {
      case "IPv4":
        return { text: bare, bits: 32, value: convertIPv4ToBinary(bare) };
      case "IPv6":
        return { text: bare, bits: 128, value: convertIPv6ToBinary(bare) };
    }
  } catch { // not an address after all
  }
  return undefined;
}

/** The network that `cidr` (`10.0.0.0/8`, or one address) names. */
export function parseNetwork(cidr: string): Network {
  const [text = "", length] = cidr.split("/");
  const address = parseAddress(text);
  const prefix = length === undefined ? address?.bits : /^\d+$/.test(length) ? Number(length) : undefined;
  if (address === undefined || prefix === undefined || prefix > address.bits) {
    throw new TypeError(
      `Expected \`trustProxy\` to list networks such as "10.0.0.0/8", got ${JSON.stringify(cidr)}`,
    );
  }
  const shift = BigInt(address.bits - prefix);
  const network = address.value >> shift;
  return { contains: ({ bits, value }) => bits === address.bits && value >> shift === network };
}
