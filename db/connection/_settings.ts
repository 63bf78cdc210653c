import { ConfigError } from "../../errors/config_error.ts";
import { MAX_TIMER_MS } from "../../internal/clock.ts";
import { readEnv } from "../../internal/environment.ts";
import { currentText, reveal } from "../../internal/reveal.ts";
import { createLogger } from "../../logging/create_logger.ts";
import type { LoggerLike } from "../../logging/logger.ts";
import { toStructured } from "../../logging/structured_logger.ts";
import { flag, milliseconds, number, text, whole } from "../table/_checks.ts";
import { assertIdentifier } from "../table/_identifier.ts";
import { parseConnectionUrl } from "./_connection_url.ts";
import type { DatabaseOptions, DatabaseTls, DatabaseTlsOptions, TargetSessionAttrs } from "../options.ts";

/** The address of a server. */
export interface Server {
  readonly host: string;
  readonly port: number;
  /** Path of the Unix socket, when `host` is a directory. */
  readonly path: string | undefined;
}

/** The addresses of the servers, and the credentials. */
export interface Address {
  /** At least one; they are tried in this order. */
  readonly servers: readonly Server[];
  readonly targetSessionAttrs: TargetSessionAttrs;
  readonly name: string;
  readonly user: string;
  /** A function, so that logging the settings does not show the password. Asks its secret anew, for one that changes. */
  password(): string;
  readonly ssl: DatabaseTls;
}

/** The database of an address, for messages. */
export function describe({ name, servers }: Address): string {
  return `"${name}" at ${servers.map(({ host, port }) => `${host}:${port}`).join(" or ")}`;
}

/** The validated options of a database, with defaults. */
export interface Settings {
  readonly address: Address;
  readonly max: number;
  readonly recycleSeconds: number;
  readonly connectTimeoutMs: number;
  readonly queryTimeoutMs: number;
  readonly lockTimeoutMs: number;
  readonly idleInTransactionTimeoutMs: number;
  readonly closeTimeoutMs: number;
  readonly pooler: boolean;
  readonly schema: string | undefined;
  readonly timeZone: "UTC" | "server";
  readonly applicationName: string;
  /** The startup parameter `options`. */
  readonly startupOptions: string | undefined;
  readonly lazy: boolean;
  readonly onClose: (() => Promise<void> | void) | undefined;
  readonly service: string;
  readonly echo: boolean;
  readonly logger: LoggerLike | undefined;
  readonly slowQueryMs: number;
  readonly metrics: DatabaseOptions["metrics"];
  readonly tracer: DatabaseOptions["tracer"];
}

// The hosts of this machine, where `portExternal` is the published port of a container. From the Python package.
const THIS_MACHINE: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "host.docker.internal"]);

/**
 * Validates the options of a database.
 *
 * @throws {ConfigError} when the database is not enabled.
 */
export function resolveSettings(given: string | DatabaseOptions): Settings {
  const options: DatabaseOptions = typeof given === "string" ? { url: given } : given;
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `Expected the database to be a URL or options, got ${options === null ? "null" : typeof options}`,
    );
  }
  if (!flag("enabled", options.enabled ?? true)) {
    throw new ConfigError("Cannot connect to the database: it is not enabled (DB_ENABLED)");
  }
  const url = options.url === undefined ? {} : parseConnectionUrl(reveal(options.url));
  const byUrl = options.url !== undefined;
  const service = text("service", options.service ?? readEnv("SERVICE_NAME") ?? "glam-service");
  const poolSize = whole("poolSize", options.poolSize ?? (byUrl ? 10 : 5), 1, 10_000);
  const maxOverflow = whole("maxOverflow", options.maxOverflow ?? (byUrl ? 0 : 10), 0, 10_000);
  const pooler = flag("pooler", options.pooler ?? false);
  const echo = flag("echo", options.echo ?? false);
  const { schema, timeZone = "UTC" } = options;
  if (timeZone !== "UTC" && timeZone !== "server") {
    throw new TypeError(`Expected \`timeZone\` to be "UTC" or "server", got ${JSON.stringify(timeZone)}`);
  }
  if (schema !== undefined) {
    assertIdentifier("schema", schema);
    if (pooler) {
      throw new TypeError(
        "Expected `schema` to be left out with `pooler`, because a transaction pooler does not keep settings of a session; use: alter role ... set search_path",
      );
    }
  }
  if (pooler && url.startupOptions !== undefined) {
    throw new TypeError(
      "Expected `options` of the URL to be left out with `pooler`, because a transaction pooler does not keep settings of a session",
    );
  }
  return {
    address: addressOf(options, url),
    max: poolSize + maxOverflow,
    recycleSeconds: number("recycleSeconds", options.recycleSeconds ?? 3600, 1, MAX_TIMER_MS / 1000),
    connectTimeoutMs: milliseconds(
      "connectTimeoutMs",
      options.connectTimeoutMs ?? url.connectTimeoutMs ?? 5000,
      1,
    ),
    queryTimeoutMs: milliseconds("queryTimeoutMs", options.queryTimeoutMs ?? 30_000),
    lockTimeoutMs: milliseconds("lockTimeoutMs", options.lockTimeoutMs ?? 0),
    idleInTransactionTimeoutMs: milliseconds(
      "idleInTransactionTimeoutMs",
      options.idleInTransactionTimeoutMs ?? 60_000,
    ),
    closeTimeoutMs: milliseconds("closeTimeoutMs", options.closeTimeoutMs ?? 5000),
    pooler,
    schema,
    timeZone,
    applicationName: text(
      "applicationName",
      options.applicationName ?? url.applicationName ?? url.fallbackApplicationName ?? service,
    ),
    startupOptions: url.startupOptions,
    lazy: flag("lazy", options.lazy ?? false),
    onClose: options.onClose,
    service,
    echo,
    logger: toStructured(options.logger) ?? (echo ? createLogger(service) : undefined),
    slowQueryMs: milliseconds("slowQueryMs", options.slowQueryMs ?? 1000),
    metrics: options.metrics,
    tracer: options.tracer,
  };
}

const TARGETS: readonly TargetSessionAttrs[] = [
  "any",
  "read-write",
  "read-only",
  "primary",
  "standby",
  "prefer-standby",
];

function addressOf(options: DatabaseOptions, url: ReturnType<typeof parseConnectionUrl>): Address {
  const user = text("user", options.user ?? url.user ?? "postgres");
  const password = passwordOf(options);
  const ssl = tls(options.ssl ?? url.ssl ?? false);
  const targetSessionAttrs = options.targetSessionAttrs ?? url.targetSessionAttrs ?? "any";
  const target = TARGETS.find((each) => each === targetSessionAttrs);
  if (target === undefined) {
    throw new TypeError(
      `Expected \`targetSessionAttrs\` to be of ${TARGETS.join(", ")}, got ${
        JSON.stringify(targetSessionAttrs)
      }`,
    );
  }
  return {
    servers: serversOf(options, url),
    targetSessionAttrs: target,
    name: text("name", options.name ?? url.name ?? user),
    user,
    password,
    ssl,
  };
}

/** The password of the options, else that of the URL, each time as its secret gives it then. */
function passwordOf({ password, url }: DatabaseOptions): () => string {
  const isOfUrl = password === undefined && url !== undefined;
  const current = currentText(
    isOfUrl ? { reveal: () => parseConnectionUrl(reveal(url)).password ?? "" } : password ?? "",
  );
  if (current() === undefined) {
    throw new TypeError(`Expected \`password\` to be a string, got ${typeof reveal(password)}`);
  }
  return () => current()!;
}

function serversOf(options: DatabaseOptions, url: ReturnType<typeof parseConnectionUrl>): Server[] {
  const found = url.servers ?? [{}];
  const hosts = options.host === undefined
    ? found.map(({ host = "localhost" }) => host)
    : text("host", options.host).split(",");
  const external = options.portExternal === undefined
    ? undefined
    : whole("portExternal", options.portExternal, 1, 65_535);
  return hosts.map((given, i) => {
    const host = text("host", given.trim());
    const internal = whole("port", options.port ?? (found[i] ?? found[0])?.port ?? 5432, 1, 65_535);
    const port = THIS_MACHINE.has(host) ? external ?? internal : internal;
    return { host, port, path: host.startsWith("/") ? `${host}/.s.PGSQL.${port}` : undefined };
  });
}

const TLS_OPTIONS = ["ca", "cert", "key", "servername"] as const;

function tls(value: unknown): DatabaseTls {
  if (value === false || value === "prefer" || value === "require" || value === "verify-full") return value;
  if (typeof value !== "object" || value === null) {
    throw new TypeError(
      `Expected \`ssl\` to be false, "prefer", "require", "verify-full" or options, got ${
        typeof value === "string" ? JSON.stringify(value) : String(value)
      }`,
    );
  }
  const given = value as DatabaseTlsOptions;
  const options: Record<string, string> = {};
  for (const name of TLS_OPTIONS) {
    if (given[name] !== undefined) options[name] = text(`ssl.${name}`, reveal(given[name]));
  }
  return options;
}
