import { splitUserInfo } from "../../internal/url_credentials.ts";

/** The servers of a connection. */
export interface NatsServers {
  /** Addresses for the client, without user information. */
  readonly addresses: string[];
  /** The addresses for messages, without queries. */
  readonly shown: string;
  /** User information of the first address that has one. */
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly isWebSocket: boolean;
}

const SCHEME = /^(?:(nats|tls|wss?):\/\/)?(?!.*:\/\/)(.*)$/is;
const SHAPE =
  '"nats://host:4222", with a port up to 65535, and / ? # @ : , and % in a password percent-encoded';

/**
 * Parses the addresses of servers: a list, or a text with commas.
 *
 * @throws {TypeError} when there is none, or one is malformed. The error does not repeat it: it may hold a password.
 */
export function parseServers(servers: string | readonly string[]): NatsServers {
  const list = (typeof servers === "string" ? servers.split(",") : [...servers]).map((server, index) => {
    if (typeof server !== "string") {
      throw new TypeError(`Expected \`servers[${index}]\` to be a string, got ${typeof server}`);
    }
    return server.trim();
  }).filter((server) => server !== "");
  if (list.length === 0) throw new TypeError("Expected `servers` to name a server, got none");
  const split = list.map((server) => splitUserInfo(server));
  split.forEach(({ address }, index) => assertAddress(address, index));
  const { user, password } = split.find(({ userInfo }) => userInfo) ?? {};
  const addresses = split.map(({ address }) => address);
  return {
    addresses,
    shown: addresses.map((address) => address.replace(/[?#].*$/s, "")).join(", "),
    user,
    password,
    isWebSocket: addresses.some((address) => /^wss?:\/\//i.test(address)),
  };
}

function assertAddress(address: string, index: number): void {
  const [, scheme = "", rest = ""] = SCHEME.exec(address) ?? [];
  const isWebSocket = /^wss?$/i.test(scheme);
  // The client takes an IPv6 address without brackets as well.
  const host = /^[\da-f.]*:[\da-f.]*:[\da-f.:]*$/i.test(rest) ? `[${rest}]` : rest;
  const url = rest === "" ? null : URL.parse(`http://${host}`);
  if (url === null || (!isWebSocket && /[?#]/.test(rest)) || /\s/.test(rest)) {
    throw new TypeError(
      `Expected \`servers[${index}]\` to be like ${SHAPE}; it is not repeated here, since it may hold a password`,
    );
  }
}
