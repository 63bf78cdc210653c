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
  readonly fallbackApplicationName?: string;
  /** Settings of the sessions as the server takes them: `-c search_path=app`. */
  readonly startupOptions?: string;
  readonly connectTimeoutMs?: number;
}

/** What one parameter of a URL says. */
type Reader = (value: string) => Partial<ParsedUrl>;

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

const UNDERSTOOD: Readonly<Record<string, Reader>> = {
  application_name: (value) => ({ applicationName: value }),
  fallback_application_name: (value) => ({ fallbackApplicationName: value }),
  connect_timeout: (value) => ({
    connectTimeoutMs: 1000 * whole("connect_timeout of the URL", Number(value), 1, 2_000_000),
  }),
  dbname: (value) => ({ name: value }),
  host: (value) => ({ servers: value.split(",").map((host) => ({ host })) }), // libpq's way to name a Unix socket's directory
  options: (value) => ({ startupOptions: value }),
  password: (value) => ({ password: value }),
  port: (value) => ({
    servers: value.split(",").map((port) => ({ port: whole("port of the URL", Number(port), 1, 65_535) })),
  }),
  ssl: sslMode,
  sslmode: sslMode,
  target_session_attrs: (value) => ({ targetSessionAttrs: value }),
  user: (value) => ({ user: value }),
};

/** Parameters that need nothing of this package, with the values for which that is so; none stands for every value. */
const LEFT: Readonly<Record<string, RegExp | undefined>> = {
  channel_binding: /^(disable|prefer)$/,
  client_encoding: /^(auto|utf-?8|unicode)$/i,
  gssdelegation: /^0$/,
  gssencmode: /^(disable|prefer)$/,
  gsslib: undefined,
  keepalives: undefined,
  keepalives_count: undefined,
  keepalives_idle: undefined,
  keepalives_interval: undefined,
  krbsrvname: undefined,
  load_balance_hosts: /^disable$/,
  max_protocol_version: undefined,
  min_protocol_version: /^3\.0$/,
  ssl_min_protocol_version: /^TLSv1(\.[012])?$/,
  sslcertmode: /^(allow|disable)$/,
  sslcompression: undefined,
  sslnegotiation: /^postgres$/,
  sslrootcert: /^system$/,
  sslsni: undefined,
  tcp_user_timeout: undefined,
};

/** What to do in place of a parameter. */
const INSTEAD: Readonly<Record<string, string>> = {
  channel_binding: "the driver binds no channel; sslmode=verify-full proves the server, too",
  connection_limit: "use the option `poolSize`",
  hostaddr: "use `host`",
  passfile: "use the option `password`",
  pgbouncer: "use the option `pooler`",
  pool_timeout: "use the option `queryTimeoutMs`",
  schema: "use the option `schema`",
  search_path: "use the option `schema`",
  sslcert: "use the option `ssl: { cert }`",
  sslkey: "use the option `ssl: { key }`",
  sslrootcert: "use the option `ssl: { ca }`",
  statement_timeout: "use the option `queryTimeoutMs`",
};

/**
 * Reads a parameter of a connection URL, of those that libpq has.
 *
 * @throws {TypeError} when it is not supported. The message has its name, and its value only where that says
 * how to connect.
 */
export function readUrlParameter(key: string, value: string): Partial<ParsedUrl> {
  if (Object.hasOwn(UNDERSTOOD, key)) return UNDERSTOOD[key]!(value);
  const isKnown = Object.hasOwn(LEFT, key);
  if (isKnown && (LEFT[key] === undefined || LEFT[key].test(value))) return {};
  const instead = Object.hasOwn(INSTEAD, key) ? `: ${INSTEAD[key]}` : "";
  if (isKnown) {
    throw new TypeError(`Cannot use ${JSON.stringify(`${key}=${value}`)} of \`url\`${instead}`);
  }
  const all = [...Object.keys(UNDERSTOOD), ...Object.keys(LEFT)].sort().join(", ");
  throw new TypeError(
    `Expected the parameters of \`url\` to be of ${all}, got ${JSON.stringify(key)}${instead}`,
  );
}

function sslMode(value: string): Partial<ParsedUrl> {
  if (Object.hasOwn(SSL_MODES, value)) return { ssl: SSL_MODES[value]! };
  const instead = value === "verify-ca" ? "; verify-full also checks the name of the host" : "";
  throw new TypeError(
    `Expected \`sslmode\` of the URL to be of ${Object.keys(SSL_MODES).join(", ")}, got ${
      JSON.stringify(value)
    }${instead}`,
  );
}
