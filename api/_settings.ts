import type { GlamError } from "../errors/glam_error.ts";
import { MAX_TIMER_MS } from "../internal/clock.ts";
import { readEnv } from "../internal/environment.ts";
import { createLogger } from "../logging/create_logger.ts";
import type { LoggerLike } from "../logging/logger.ts";
import { createMetrics, type Metrics } from "../metrics/create_metrics.ts";
import { type DeadlineTrust, parseDeadlineTrust } from "./_deadline_trust.ts";
import { createHealth } from "./health_checks.ts";
import { guardLogger } from "./guarded_logger.ts";
import { docsRoutes } from "./_docs_routes.ts";
import { createOwnRoutes, type OwnRoute } from "./own_routes.ts";
import type { Guards } from "./guards.ts";
import { type PlainResponder, plainResponder } from "./_plain_response.ts";
import { parseTrust, type Trust } from "./_trust_proxy.ts";
import type { GlamOptions } from "./options.ts";

/** The options of a `glamMiddleware`, validated and with everything computed that can be before the first request. */
export interface Settings {
  readonly service: string;
  readonly logger: LoggerLike;
  readonly metrics: Metrics | undefined;
  readonly ownRoutes: ReadonlyMap<string, OwnRoute>;
  readonly accessLog: boolean;
  readonly exposeTrace: boolean;
  readonly exposeInternal: boolean;
  readonly mapError: ((error: unknown) => GlamError | undefined) | undefined;
  readonly app: GlamOptions["app"];
  /** Path of the health report, where there is one. */
  readonly healthPath: string | undefined;
  readonly plainResponse: PlainResponder | undefined;
  readonly trust: Trust;
  readonly timeoutMs: number | undefined;
  readonly deadlines: DeadlineTrust;
  readonly guards: Guards | undefined;
}

/** Validates the options of a `glamMiddleware`. */
export function resolveSettings(options: GlamOptions): Settings {
  const {
    service = readEnv("SERVICE_NAME") ?? "glam-service",
    metrics = {},
    health = {},
    accessLog = true,
    exposeTrace = false,
    errors = {},
    methodNotAllowed,
    app = methodNotAllowed,
    docs,
    trustProxy = false,
    timeoutMs,
    deadlines = "trusted",
    trustPeers = [],
    guards,
  } = options;
  const logger = guardLogger(options.logger ?? createLogger(service));
  if (!/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(service)) {
    throw new TypeError(
      `Expected \`service\` to be printable ASCII, as it goes into a header, got ${JSON.stringify(service)}`,
    );
  }
  if (timeoutMs !== undefined && !(timeoutMs > 0 && timeoutMs <= MAX_TIMER_MS)) {
    throw new RangeError(`Expected \`timeoutMs\` to be between 1 and ${MAX_TIMER_MS}, got ${timeoutMs}`);
  }
  const measured = metrics === false ? undefined : {
    path: checkPath("metrics.path", metrics.path ?? "/metrics"),
    of: createMetrics({ service, registry: metrics.registry, buckets: metrics.buckets }),
  };
  const watched = health === false ? undefined : {
    path: checkPath("health.path", health.path ?? "/api/v1/health"),
    of: createHealth(service, logger, health),
  };
  return {
    service,
    logger,
    metrics: measured?.of,
    ownRoutes: createOwnRoutes(measured, watched, docs && docsRoutes(docs, { app, service })),
    accessLog,
    exposeTrace,
    exposeInternal: errors.exposeInternal ?? false,
    mapError: errors.map,
    app,
    healthPath: watched?.path,
    plainResponse: exposeTrace ? undefined : plainResponder(service),
    trust: parseTrust(trustProxy),
    timeoutMs,
    deadlines: parseDeadlineTrust(deadlines, trustPeers),
    guards: guards && checkGuards(guards),
  };
}

/** What a guard is known by. */
const GUARD_METHODS = { authenticate: "identify", rateLimit: "take", idempotency: "run" } as const;

function checkGuards(guards: Guards): Guards {
  for (const [name, guard] of Object.entries(guards) as [keyof Guards, unknown][]) {
    const method: string | undefined = GUARD_METHODS[name];
    if (method === undefined) throw new TypeError(`\`guards\` has no member \`${name}\``);
    if (guard === undefined || typeof (guard as Record<string, unknown>)[method] === "function") continue;
    throw new TypeError(`Expected \`guards.${name}\` to be what \`${name}()\` gives`);
  }
  return guards;
}

function checkPath(option: string, path: string): string {
  if (!path.startsWith("/")) {
    throw new TypeError(`Expected \`${option}\` to start with "/", got ${JSON.stringify(path)}`);
  }
  return path;
}
