import type { Handlers } from "./_fetch.ts";

/** A server that listens. */
export interface HttpServer {
  readonly hostname: string;
  readonly port: number;
  /** Accepts no new connections; resolves when every request is answered. */
  drain(): Promise<void>;
  /** Closes every connection. Deno cannot close those of requests that hang. */
  close(): Promise<void>;
}

/** What to serve, and where. */
export interface ServeOptions extends Handlers {
  /** Whether requests may be upgraded to WebSockets. */
  readonly websocket: boolean;
  readonly hostname: string;
  readonly port: number;
  /** The option that says the port, where it is not `port`. */
  readonly option?: string;
}
