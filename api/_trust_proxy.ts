import { type Network, parseAddress, parseNetwork } from "./_ip_address.ts";

/** Which proxies in front of the service are trusted. */
export type Trust =
  | { readonly kind: "hops"; readonly hops: number }
  | { readonly kind: "networks"; readonly networks: readonly Network[] };

/**
 * Validates the option `trustProxy`.
 *
 * @throws {TypeError} when it is neither `false`, a number nor a list of networks.
 * @throws {RangeError} when it is a number that cannot count hops.
 */
export function parseTrust(option: false | number | readonly string[]): Trust {
  if (option === false) return { kind: "hops", hops: 0 };
  if (Array.isArray(option)) {
    return {
      kind: "networks",
      networks: option.map((cidr) => parseNetwork(cidr, "trustProxy")),
    };
  }
  if (typeof option !== "number") {
    throw new TypeError(
      `Expected \`trustProxy\` to be false, a number of hops or a list of networks, got ${
        JSON.stringify(option)
      }`,
    );
  }
  if (!Number.isInteger(option) || option < 0) {
    throw new RangeError(`Expected \`trustProxy\` to be a whole number of hops from 0, got ${option}`);
  }
  return { kind: "hops", hops: option };
}

/**
 * The address of the client: the first address that is not one of a trusted proxy, beginning with `peer` and going on
 * through `forwardedFor` from its end.
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string,
  trust: Trust,
): string | undefined {
  let client = peer === undefined ? undefined : parseAddress(peer);
  let rest = forwardedFor;
  for (let hops = 0; rest !== ""; hops++) {
    const isTrusted = trust.kind === "hops"
      ? hops < trust.hops
      : client !== undefined && trust.networks.some((network) => network.contains(client!));
    if (!isTrusted) break;
    const comma = rest.lastIndexOf(",");
    const hop = parseAddress(rest.slice(comma + 1));
    if (hop === undefined) break;
    client = hop;
    rest = rest.slice(0, Math.max(comma, 0));
  }
  return client?.text;
}
