import { detectRuntime } from "../internal/runtime.ts";
import type { ContextLike } from "./_hono.ts";
import { stateOf } from "./_request_state.ts";
import { clientAddress, type Trust } from "./_trust_proxy.ts";

/**
 * The IP address of the client, or `undefined` where the runtime does not tell the peer.
 *
 * Without `trustProxy` it is the peer's. `X-Forwarded-For` is believed only as far as the `trustProxy` option of
 * `glamMiddleware` says, counted from the service outward: anybody can write the rest. On Cloudflare it is
 * `CF-Connecting-IP`, which the edge sets itself.
 *
 * Deno, Bun and `@hono/node-server` tell the peer by the second argument of `fetch`: a wrapper around `app.fetch` must pass
 * it on.
 */
export function clientIp(c: ContextLike): string | undefined {
  const { headers } = c.req.raw;
  const trust = stateOf(c)?.settings.trust ?? NOBODY;
  return clientAddress(peerOf(c), headers.get("x-forwarded-for") ?? "", trust);
}

const NOBODY: Trust = { kind: "hops", hops: 0 };

/** What the servers of the runtimes hand to `app.fetch` as its second argument. */
interface ServerInfo {
  readonly remoteAddr?: { readonly hostname?: string }; // Deno
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } }; // @hono/node-server
  readonly requestIP?: (request: Request) => { readonly address: string } | null; // Bun
  readonly server?: ServerInfo; // Bun, as hono/bun passes it on
}

function peerOf(c: ContextLike): string | undefined {
  if (detectRuntime() === "workerd") return c.req.raw.headers.get("cf-connecting-ip") ?? undefined;
  const info = (c.env ?? {}) as ServerInfo;
  const server = info.server ?? info;
  return info.remoteAddr?.hostname ?? info.incoming?.socket?.remoteAddress ??
    server.requestIP?.(c.req.raw)?.address;
}
