import type { Transport } from "./options.ts";

interface DenoNamespace {
  createHttpClient?(options: { poolMaxIdlePerHost: number }): { close(): void };
}

/** What carries the requests of a client over the network. */
export interface NetworkTransport extends Transport {
  /** Whether the transport must not send this request a second time by itself. */
  fetch(request: Request, isOnce?: boolean): Promise<Response>;
  close(): void;
}

/**
 * `fetch`. Deno's sends a request again, whatever its method, when a connection that was kept turns out to be dead: the
 * server has a POST twice. A request that must arrive once goes over a client that keeps no connections.
 */
export function networkTransport(): NetworkTransport {
  const { Deno } = globalThis as { readonly Deno?: DenoNamespace };
  let unpooled: { close(): void } | undefined;
  return {
    fetch(request, isOnce = false) {
      if (!isOnce || Deno?.createHttpClient === undefined) return fetch(request);
      unpooled ??= Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
      return fetch(request, { client: unpooled } as RequestInit);
    },
    close() {
      unpooled?.close();
      unpooled = undefined;
    },
  };
}
