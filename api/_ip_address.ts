/** An IP address. */
export interface Address {
  /** As it was written, without port, brackets and zone; an IPv4 address that was mapped into IPv6 is written as IPv4. */
  readonly text: string;
  readonly family: "ipv4" | "ipv6";
}

/** A network in CIDR notation. */
export interface Network {
  /** Whether the address is one of the network's. */
  contains(address: Address): boolean;
}

/** The part of `node:net` that is used; Deno, Bun, Node and workerd have it. */
interface NodeNet {
  isIP(text: string): 0 | 4 | 6;
  BlockList: new () => {
    addSubnet(network: string, prefix: number, family: Address["family"]): void;
    check(address: string, family: Address["family"]): boolean;
  };
}

let loaded: NodeNet | undefined;

/**
 * The runtime's own parser of addresses, loaded when the first address is parsed. A parser from npm would be imported with
 * this module, and doubles the time that the import takes on Deno.
 */
function nodeNet(): NodeNet {
  if (loaded !== undefined) return loaded;
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): NodeNet | undefined } };
  loaded = process?.getBuiltinModule?.("node:net");
  if (loaded !== undefined) return loaded;
  throw new TypeError(
    "Cannot parse an IP address: this runtime has no node:net; on workerd set the compatibility flag nodejs_compat",
  );
}

/** The longest IPv6 address, with brackets, a port and a zone of some length. */
const MAX_LENGTH = 64;
const MAPPED_IPV4 = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/;

/** The address in `text`, which may have a port, brackets or a zone; `undefined` where it is none. */
export function parseAddress(text: string): Address | undefined {
  const trimmed = text.trim();
  if (trimmed.length > MAX_LENGTH) return undefined;
  const bare = trimmed
    .replace(/^\[(.+)\](?::\d+)?$/, "$1")
    .replace(/^([\d.]+):\d+$/, "$1")
    .replace(/%.*$/, "");
  switch (nodeNet().isIP(bare)) {
    case 4:
      return { text: bare, family: "ipv4" };
    case 6: {
      const ipv4 = mappedIpv4(bare);
      return ipv4 === undefined ? { text: bare, family: "ipv6" } : { text: ipv4, family: "ipv4" };
    }
  }
  return undefined;
}

/** The IPv4 address of a peer on a dual-stack socket, `::ffff:a00:1` or `::ffff:10.0.0.1`. */
function mappedIpv4(ipv6: string): string | undefined {
  const [, high, low] = MAPPED_IPV4.exec(new URL(`http://[${ipv6}]`).hostname) ?? [];
  if (high === undefined || low === undefined) return undefined;
  return [high, low].map((group) => parseInt(group, 16)).flatMap((pair) => [pair >> 8, pair & 0xff]).join(
    ".",
  );
}

/**
 * The network that `cidr` (`10.0.0.0/8`, or one address) of an option names.
 *
 * @throws {TypeError} when it names none.
 */
export function parseNetwork(cidr: string, option: string): Network {
  const [, text, length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(cidr) ?? [];
  const address = text === undefined ? undefined : parseAddress(text);
  const bits = address?.family === "ipv4" ? 32 : 128;
  const prefix = length === undefined ? bits : Number(length);
  if (address === undefined || prefix > bits) {
    throw new TypeError(
      `Expected \`${option}\` to list networks such as "10.0.0.0/8", got ${JSON.stringify(cidr)}`,
    );
  }
  const list = new (nodeNet().BlockList)();
  list.addSubnet(address.text, prefix, address.family);
  return { contains: ({ text, family }) => family === address.family && list.check(text, family) };
}
