import { detectRuntime } from "../internal/runtime.ts";
import { remembered } from "../internal/remembered.ts";
import type { ContextLike } from "./_hono.ts";
import { stateOf } from "./_request_state.ts";
import { clientAddress, type Trust } from "./_trust_proxy.ts";

/**
 * The IP address of the client, or `undefined` where the peer is not known.
 *
 * Without `trustProxy` it is the address of the peer. With the `trustProxy` option of `glamMiddleware`, the entries of
 * `X-Forwarded-For` that trusted proxies wrote are used, from the end of the header; any client can write the others. On
 * Cloudflare it is `CF-Connecting-IP`, which the edge sets.
 *
 * Deno, Bun and `@hono/node-server` pass the peer in the second argument of `fetch`: a wrapper around `app.fetch` must pass
 * it on.
 */
export function clientIp(c: ContextLike): string | undefined {
  const trust = stateOf(c)?.settings.trust ?? NOBODY;
  const peer = peerOf(c);
  if (trust.kind === "hops" && trust.hops === 0) return peer === undefined ? undefined : addressOfPeer(peer);
  return clientAddress(peer, c.req.raw.headers.get("x-forwarded-for") ?? "", trust);
}

/** A peer comes again with each request of its connection. */
const addressOfPeer = /* @__PURE__ */ remembered((peer) => clientAddress(peer, "", NOBODY), 1000);

const NOBODY: Trust = { kind: "hops", hops: 0 };

/** The second argument that the servers of the runtimes pass to `app.fetch`. */
interface ServerInfo {
  readonly remoteAddr?: { readonly hostname?: string }; // Deno
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } }; // @hono/node-server
  readonly requestIP?: (request: Request) => { readonly address: string } | null; // Bun
  readonly server?: ServerInfo; // Bun, as hono/bun passes it on
}

const ON_WORKERD = /* @__PURE__ */ detectRuntime() === "workerd";

/** The address at the other end of the connection. */
export function peerOf(c: ContextLike): string | undefined {
  if (ON_WORKERD) return c.req.raw.headers.get("cf-connecting-ip") ?? undefined;
  const info = (c.env ?? {}) as ServerInfo;
  const server = info.server ?? info;
  return info.remoteAddr?.hostname ?? info.incoming?.socket?.remoteAddress ??
    server.requestIP?.(c.req.raw)?.address;
}
