import { type Network, parseAddress, parseNetwork } from "./_ip_address.ts";

/** Which hops in front of the service are believed. */
export type Trust =
  | { readonly kind: "hops"; readonly hops: number }
  | { readonly kind: "networks"; readonly networks: readonly Network[] };

/** Validates the option `trustProxy`. */
export function parseTrust(option: false | number | readonly string[]): Trust {
  if (option === false) return { kind: "hops", hops: 0 };
  if (typeof option === "number") {
    if (!Number.isInteger(option) || option < 0) {
      throw new RangeError(
        `Expected \`trustProxy\` to be a number of hops, false or a list of networks, got ${option}`,
      );
    }
    return { kind: "hops", hops: option };
  }
  return { kind: "networks", networks: option.map(parseNetwork) };
}

/**
 * The address of the client: of the addresses in `forwardedFor` and then `peer`, seen from the service, the first one
 * that is not a believed proxy's.
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string,
  trust: Trust,
): string | undefined {
  const hops = forwardedFor.split(",").map(parseAddress).reverse();
  let client = peer === undefined ? undefined : parseAddress(peer);
  for (const [i, hop] of hops.entries()) {
    const believed = trust.kind === "hops"
      ? i < trust.hops
      : client !== undefined && trust.networks.some((network) => network.contains(client!));
    if (!believed || hop === undefined) break;
    client = hop;
  }
  return client?.text;
}
