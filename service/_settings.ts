import { guardLogger } from "../api/guarded_logger.ts";
import { assertNumber, assertWhole } from "../internal/assert_number.ts";
import { MAX_TIMER_MS } from "../internal/clock.ts";
import { readEnv } from "../internal/environment.ts";
import { createLogger } from "../logging/create_logger.ts";
import type { LoggerLike } from "../logging/logger.ts";
import { isVersion } from "./_is_version.ts";
import { flush } from "./_process.ts";
import type { CheckedPart, RelayLike, ServiceDeadlines, ServiceOptions } from "./options.ts";

/** The options of a service, validated and with their defaults. */
export interface Settings {
  readonly name: string;
  readonly options: ServiceOptions;
  readonly relay: RelayLike | undefined;
  readonly required: ReadonlySet<CheckedPart>;
  readonly port: number;
  readonly hostname: string;
  readonly management: { readonly hostname: string; readonly port: number } | undefined;
  readonly graceMs: number;
  readonly deadlines: { readonly [Key in keyof ServiceDeadlines]-?: number };
  readonly logger: LoggerLike;
  /** Writes out what the logger has buffered. */
  flush(): Promise<void>;
}

const DEADLINES: Settings["deadlines"] = {
  start: 30_000,
  http: 10_000,
  listeners: 24_000,
  outbox: 5000,
  scheduler: 12_000,
  onStop: 4000,
  bus: 5000,
  database: 6000,
};
const CHECKED: readonly CheckedPart[] = ["bus", "database", "listeners", "outbox", "scheduler"];

/** Validates the options of a service. */
export function toSettings(options: ServiceOptions): Settings {
  const { name, app, bus, database, listeners = [], migrations, migrate = "verify", outbox } = options;
  const { hostname = "0.0.0.0", graceMs = 5000, port = portFromEnv(), required = CHECKED } = options;
  if (typeof name !== "string" || !/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(name)) {
    throw new TypeError(
      `Expected \`name\` to be printable ASCII, as it goes into a header, got ${JSON.stringify(name)}`,
    );
  }
  assertMethods("app", app, ["fetch"]);
  assertMethods("database", database, ["ping", "health", "close"]);
  assertMethods("scheduler", options.scheduler, ["start", "stop", "health"]);
  assertMethods("bus", bus, ["ensureStream", "onStateChange", "close"]);
  for (const [index, listener] of listeners.entries()) {
    assertMethods(`listeners[${index}]`, listener, ["start", "stop", "health"]);
  }
  for (const [index, responder] of (options.responders ?? []).entries()) {
    assertMethods(`responders[${index}]`, responder, ["close"]);
  }
  for (const key of ["announce", "control", "websocket"] as const) {
    if (options[key] === undefined || typeof options[key] === "boolean") continue;
    throw new TypeError(`Expected \`${key}\` to be true or false, got ${typeof options[key]}`);
  }
  for (const key of ["onStart", "onStop"] as const) {
    if (options[key] === undefined || typeof options[key] === "function") continue;
    throw new TypeError(`Expected \`${key}\` to be a function, got ${typeof options[key]}`);
  }
  if (options.control === true && bus === undefined) {
    throw new TypeError("Expected `bus` beside `control`, got none");
  }
  if (migrations !== undefined && database === undefined) {
    throw new TypeError("Expected `database` beside `migrations`, got none");
  }
  if (migrate !== "up" && migrate !== "verify") {
    throw new TypeError(`Expected \`migrate\` to be "up" or "verify", got ${JSON.stringify(migrate)}`);
  }
  assertAddress("", port, hostname);
  if (options.version !== undefined && !isVersion(options.version)) {
    throw new TypeError(
      `Expected \`version\` to be printable ASCII of at most 64 characters, got ${
        JSON.stringify(options.version)
      }`,
    );
  }
  for (const part of required) {
    if (!CHECKED.includes(part)) {
      throw new TypeError(
        `Expected \`required\` to name parts of ${CHECKED.join(", ")}, got ${JSON.stringify(part)}`,
      );
    }
  }
  assertNumber("graceMs", graceMs, 0, MAX_TIMER_MS);
  const deadlines = { ...DEADLINES };
  for (const key of Object.keys(DEADLINES) as (keyof ServiceDeadlines)[]) {
    deadlines[key] = options.deadlines?.[key] ?? DEADLINES[key];
    assertNumber(`deadlines.${key}`, deadlines[key], 1, MAX_TIMER_MS);
  }
  const logger = options.logger ?? createLogger(name);
  return {
    name,
    options,
    relay: relayOf(outbox, bus),
    required: new Set(required),
    port,
    hostname,
    management: managementOf(options, port, hostname),
    graceMs,
    deadlines,
    logger: guardLogger(logger),
    flush: () => flush(logger),
  };
}

function managementOf(
  { app, management }: ServiceOptions,
  publicPort: number,
  publicHostname: string,
): Settings["management"] {
  if (management === undefined) return undefined;
  const { hostname = publicHostname, port } = management;
  assertAddress("management.", port, hostname);
  if (port === publicPort && port !== 0) {
    throw new RangeError(`Expected \`management.port\` to be another than \`port\`, got ${port} for both`);
  }
  if (app !== undefined && !Array.isArray((app as { readonly routes?: unknown }).routes)) {
    throw new TypeError(
      "Expected `app` beside `management` to be a Hono application, whose routes say what is served there; got none",
    );
  }
  if (typeof management.app !== "function") assertMethods("management.app", management.app, ["fetch"]);
  return { hostname, port };
}

function assertAddress(prefix: string, port: number, hostname: string): void {
  assertWhole(`${prefix}port`, port, 0, 65_535);
  if (typeof hostname !== "string" || hostname === "") {
    throw new TypeError(`Expected \`${prefix}hostname\` to be an address, got ${JSON.stringify(hostname)}`);
  }
}

function portFromEnv(): number {
  const text = readEnv("PORT");
  if (text === undefined) return 8080;
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new RangeError(`Expected the variable PORT to be a port, got ${JSON.stringify(text)}`);
}

function relayOf(outbox: ServiceOptions["outbox"], bus: ServiceOptions["bus"]): RelayLike | undefined {
  if (outbox === undefined) return undefined;
  if (!("relay" in outbox)) {
    assertMethods("outbox", outbox, ["start", "stop", "health"]);
    return outbox;
  }
  assertMethods("outbox", outbox, ["relay"]);
  if (bus === undefined) throw new TypeError("Expected `bus` beside `outbox`, got none");
  return outbox.relay(bus);
}

function assertMethods(option: string, value: unknown, methods: readonly string[]): void {
  if (value === undefined) return;
  const missing = methods.find((method) =>
    typeof (value as Record<string, unknown> | null)?.[method] !== "function"
  );
  if (missing === undefined) return;
  throw new TypeError(
    `Expected \`${option}\` to have a method \`${missing}\`, got ${value === null ? "null" : typeof value}`,
  );
}
