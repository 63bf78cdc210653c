import { type Network, parseNetwork } from "./_ip_address.ts";
import type { GlamOptions } from "./options.ts";

/** Whose deadlines of requests are accepted. */
export interface DeadlineTrust {
  readonly mode: NonNullable<GlamOptions["deadlines"]>;
  readonly peers: readonly Network[];
}

const MODES: readonly string[] = ["trusted", "all", "ignore"] satisfies DeadlineTrust["mode"][];

/**
 * Validates the options `deadlines` and `trustPeers`.
 *
 * @throws {TypeError} when one is not what it should be.
 */
export function parseDeadlineTrust(mode: DeadlineTrust["mode"], peers: readonly string[]): DeadlineTrust {
  if (!MODES.includes(mode)) {
    throw new TypeError(
      `Expected \`deadlines\` to be "trusted", "all" or "ignore", got ${JSON.stringify(mode)}`,
    );
  }
  return { mode, peers: peers.map((cidr) => parseNetwork(cidr, "trustPeers")) };
}
