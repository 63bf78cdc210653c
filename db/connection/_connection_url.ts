import { type ParsedUrl, readUrlParameter } from "./_url_parameters.ts";

// `postgres:`, `postgresql:` and SQLAlchemy's with a driver.
const SCHEME = /^postgres(?:ql)?(?:\+\w+)?:\/\//i;
const SHAPE = "postgres://user:password@host:port/name";

/**
 * Parses a connection URL.
 *
 * @throws {TypeError} when it is not one. The message quotes nothing of it, because it may hold the password.
 */
export function parseConnectionUrl(url: unknown): ParsedUrl {
  if (typeof url !== "string" || !SCHEME.test(url)) {
    throw new TypeError(
      `Expected \`url\` to be like "${SHAPE}", got ${typeof url === "string" ? "another text" : typeof url}`,
    );
  }
  // Of several hosts, as libpq takes them, a URL can have only one.
  const [, userInfo = "", hosts = "", tail = ""] = /^.*?:\/\/([^/?#]*@)?([^/?#]*)([^]*)$/.exec(url) ?? [];
  const [parsed, ...others] = hosts.split(",").map((host, i) =>
    toUrl(i === 0 ? `postgres://${userInfo}${host}${tail}` : `postgres://${host}`)
  );
  const { username, password, pathname } = parsed!;
  const parts: Record<string, unknown> = {
    servers: [parsed!, ...others].map(serverOf),
    user: decode(username),
    password: decode(password),
    name: decode(pathname.slice(1)),
  };
  // An `@` behind the host belongs to a password with an unencoded / or ?: no message may show what is before it.
  if ([pathname, ...parsed!.searchParams.keys()].some((part) => part.includes("@"))) throw notEncoded();
  for (const [key, value] of parsed!.searchParams) {
    const { servers, ...rest } = readUrlParameter(key, value);
    const before = parts["servers"] as NonNullable<ParsedUrl["servers"]>;
    // `port` is for the hosts that are there, and `host` keeps the ports.
    const merged = servers && (servers[0]!.host === undefined ? before : servers).map((_, i) => ({
      ...(before[i] ?? before[0]),
      ...(servers[i] ?? servers[0]),
    }));
    Object.assign(parts, rest, merged === undefined ? {} : { servers: merged });
  }
  const given = Object.entries(parts).filter(([, value]) => value !== undefined && value !== "");
  return Object.fromEntries(given) as ParsedUrl;
}

function serverOf({ hostname, port }: URL): { host?: string; port?: number } {
  const host = decode(hostname.replace(/^\[(.*)\]$/, "$1"));
  return { ...(host === "" ? {} : { host }), ...(port === "" ? {} : { port: Number(port) }) };
}

function toUrl(text: string): URL {
  // A Unix socket needs no host, but a URL does: `postgres:///name?host=/run/postgresql`.
  const parsed = URL.parse(text.replace(/^(postgres:\/\/(?:[^/?#]*@)?)(?=[:/?#]|$)/, "$1localhost"));
  if (parsed === null) throw notEncoded();
  return parsed;
}

function notEncoded(): TypeError {
  return new TypeError(
    `Expected \`url\` to be like "${SHAPE}", with / ? # @ : and % in the password percent-encoded, got one that is not a URL`,
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TypeError("Expected `url` to be percent-encoded, got one with a % that is not");
  }
}
