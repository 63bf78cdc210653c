import type { Context } from "hono";
import { peerOf } from "../api/client_ip.ts";
import { readEnv } from "../internal/environment.ts";
import type { AuthorizeOps, Operator, OpsRight } from "./options.ts";

const DEVELOPMENT: ReadonlySet<string> = new Set(["dev", "development", "local", "test"]);
const EVERYTHING: readonly OpsRight[] = [
  "read",
  "payloads",
  "redrive",
  "purge",
  "retry",
  "pause",
  "schedules",
  "level",
];
/** Headers that only a proxy sets: whoever is behind it is somewhere else. */
const FORWARDED = [
  "forwarded",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-real-ip",
];

/**
 * An {@link AuthorizeOps} for development: lets everybody do everything who asks from this machine. It lets nobody in unless
 * `APP_ENV` is set to `dev`, `development`, `local` or `test`; nor a request that came through a proxy, that names another
 * host than this machine (a page of another site whose name points here), or whose peer is not this machine.
 *
 * @example
 * ```ts
 * import { createMemoryBus } from "@glam/shared/messaging";
 * import { createOpsApp, localOnly } from "@glam/shared/ops";
 * import { createLogger } from "@glam/shared/logging";
 *
 * const bus = createMemoryBus();
 * const ops = createOpsApp({ authorize: localOnly(), bus, logger: createLogger("catalog") });
 * console.log((await ops.request("http://localhost/")).status); // 404, as APP_ENV is not set here
 * ```
 */
export function localOnly(): AuthorizeOps {
  const operator: Operator = { name: "local", can: EVERYTHING };
  return function authorizeLocal(c) {
    return DEVELOPMENT.has(readEnv("APP_ENV")?.toLowerCase() ?? "") && isLocal(c) && operator;
  };
}

function isLocal(c: Context): boolean {
  const { headers, url } = c.req.raw;
  if (FORWARDED.some((name) => headers.has(name))) return false;
  if (!isLocalHost(headers.get("host") ?? new URL(url).host)) return false;
  const peer = peerOf(c as never);
  return peer === undefined || isLoopback(peer);
}

/** Whether a `Host` names this machine. */
function isLocalHost(host: string): boolean {
  const name = host.replace(/:\d{1,5}$/, "").toLowerCase();
  return name === "localhost" || name === "[::1]" || isLoopbackIpv4(name);
}

function isLoopback(address: string): boolean {
  return address === "::1" || isLoopbackIpv4(address.replace(/^::ffff:/i, ""));
}

function isLoopbackIpv4(text: string): boolean {
  return /^127(\.\d{1,3}){3}$/.test(text);
}
