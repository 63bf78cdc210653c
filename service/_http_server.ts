import type { Handlers } from "./_fetch.ts";

/** A server that listens. */
export interface HttpServer {
  readonly hostname: string;
  readonly port: number;
  /** Takes no new connections, and resolves when every request has its answer. */
  drain(): Promise<void>;
  /** Closes every connection, as far as the runtime can. */
  close(): Promise<void>;
}

/** What to serve, and where. */
export interface ServeOptions extends Handlers {
  readonly hostname: string;
  readonly port: number;
}
