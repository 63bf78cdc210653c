import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A server of public keys that counts how often it is asked. */
export interface JwksServer extends AsyncDisposable {
  readonly url: string;
  /** What it answers with. */
  keys: readonly object[];
  /** Status of its answers; 0 for a connection that breaks. */
  status: number;
  /** A body in the place of the keys. */
  body: string | undefined;
  /** How often it was asked. */
  readonly asked: number;
}

/** Starts a server of public keys on 127.0.0.1. */
export async function startJwksServer(keys: readonly object[]): Promise<JwksServer> {
  const state = { keys, status: 200, body: undefined as string | undefined, asked: 0 };
  const server = createServer((_request, response) => {
    state.asked++;
    if (state.status === 0) return void response.destroy();
    const location = state.status === 302 ? { Location: "/keys.json" } : {};
    response.writeHead(state.status, { "Content-Type": "application/json", ...location });
    response.end(state.body ?? JSON.stringify({ keys: state.keys }));
  });
  server.keepAliveTimeout = 600_000; // no client is surprised by the end of an idle connection
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
  return Object.assign(state, {
    url,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
