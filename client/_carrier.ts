import { markInProcess } from "../internal/in_process_request.ts";
import type { Transport } from "./options.ts";

/** Sends a request; one that is sent `once` must not reach the server twice. */
export type Carry = (url: string, init: RequestInit, once: boolean) => Promise<Response>;

/** What carries the requests of a client. */
export interface Carrier {
  readonly carry: Carry;
  /**
   * Whether bodies are as long as `Content-Length` says: a parser of HTTP sees to it, an object that was handed over
   * may say anything.
   */
  readonly countsBytes: boolean;
  close(): void;
}

/** Hands requests to an application, a service binding, or what else there is. */
export function transportCarrier(transport: Transport): Carrier {
  return {
    carry: async (url, init) => await transport.fetch(markInProcess(new Request(url, init))),
    countsBytes: false,
    close() {},
  };
}

interface DenoNamespace {
  createHttpClient?(options: { poolMaxIdlePerHost: number }): { close(): void };
}

/**
 * `fetch`. Deno's sends a request again, whatever its method, when a connection that was kept turns out to be dead: the
 * server has a POST twice. A request that must arrive once goes over a client that keeps no connections; where there is
 * none to be had, its body is a stream, which cannot be sent again.
 */
export function networkCarrier(): Carrier {
  const { Deno } = globalThis as { readonly Deno?: DenoNamespace };
  let unpooled: { close(): void } | undefined;
  return {
    countsBytes: true,
    carry(url, init, once) {
      if (!once || Deno === undefined) return fetch(url, init);
      if (Deno.createHttpClient === undefined) return fetch(url, streamed(url, init));
      unpooled ??= Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
      return fetch(url, { ...init, client: unpooled } as RequestInit);
    },
    close() {
      unpooled?.close();
      unpooled = undefined;
    },
  };
}

/** The same request with a body that can be read once. */
function streamed(url: string, init: RequestInit): RequestInit {
  const { body, headers } = new Request(url, init); // a form gets its boundary here
  const stream = body ?? new Blob([]).stream();
  return { ...init, headers, body: stream.pipeThrough(new TransformStream()), duplex: "half" } as RequestInit;
}
