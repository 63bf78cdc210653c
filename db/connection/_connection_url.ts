import { whole } from "../table/_checks.ts";
import type { DatabaseTls } from "../options.ts";

/** The parts of a connection URL. */
export interface ParsedUrl {
  /** Hosts in their order; a port is left out where the URL has none for that host. */
  readonly servers?: readonly { readonly host?: string; readonly port?: number }[];
  readonly targetSessionAttrs?: string;
  readonly name?: string;
  readonly user?: string;
  readonly password?: string;
  readonly ssl?: DatabaseTls;
  readonly applicationName?: string;
  readonly connectTimeoutMs?: number;
}

// `postgres:`, `postgresql:` and SQLAlchemy's with a driver.
const SCHEME = /^postgres(?:ql)?(?:\+\w+)?:\/\//i;
const SHAPE = "postgres://user:password@host:port/name";

// https://www.postgresql.org/docs/current/libpq-ssl.html
const SSL_MODES: Readonly<Record<string, DatabaseTls>> = {
  disable: false,
  false: false,
  allow: "prefer",
  prefer: "prefer",
  require: "require",
  true: "require",
  "verify-full": "verify-full",
};

const PARAMETERS: Readonly<Record<string, (value: string) => Partial<ParsedUrl>>> = {
  application_name: (value) => ({ applicationName: value }),
  connect_timeout: (value) => ({
    connectTimeoutMs: 1000 * whole("connect_timeout of the URL", Number(value), 1, 2_000_000),
  }),
  host: (value) => ({ servers: value.split(",").map((host) => ({ host })) }), // libpq's way to name a Unix socket's directory
  target_session_attrs: (value) => ({ targetSessionAttrs: value }),
  ssl: sslMode,
  sslmode: sslMode,
};

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
    const read = Object.hasOwn(PARAMETERS, key) ? PARAMETERS[key] : undefined;
    if (read === undefined) {
      throw new TypeError(
        `Expected the parameters of \`url\` to be of ${Object.keys(PARAMETERS).join(", ")}, got ${
          JSON.stringify(key)
        }`,
      );
    }
    const { servers, ...rest } = read(value);
    const before = parts["servers"] as NonNullable<ParsedUrl["servers"]>;
    // The ports are still those of the authority.
    const merged = servers?.map((server, i) => ({ ...(before[i] ?? before[0]), ...server }));
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

function sslMode(value: string): Partial<ParsedUrl> {
  if (!Object.hasOwn(SSL_MODES, value)) {
    throw new TypeError(
      `Expected \`sslmode\` of the URL to be of ${Object.keys(SSL_MODES).join(", ")}, got ${
        JSON.stringify(value)
      }`,
    );
  }
  return { ssl: SSL_MODES[value]! };
}
