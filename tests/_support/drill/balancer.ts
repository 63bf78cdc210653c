import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";

/** Spreads connections over replicas. */
export interface Balancer extends AsyncDisposable {
  readonly url: string;
}

/** Gives each connection to the next replica; one that does not answer is passed over. */
export async function startBalancer(replicas: readonly { readonly url: string }[]): Promise<Balancer> {
  let turn = 0;
  const sockets = new Set<{ destroy(): unknown }>();
  const server = createServer((client) => {
    client.on("error", () => {});
    sockets.add(client);
    client.on("close", () => sockets.delete(client));
    const tryNext = (left: number) => {
      if (left === 0 || replicas.length === 0) return client.destroy();
      const { port } = new URL(replicas[turn++ % replicas.length]!.url);
      const upstream = connect(Number(port), "127.0.0.1");
      upstream.once("error", () => tryNext(left - 1));
      upstream.once("connect", () => {
        upstream.removeAllListeners("error");
        upstream.on("error", () => client.destroy());
        upstream.on("close", () => client.destroy());
        client.on("close", () => upstream.destroy());
        client.pipe(upstream).pipe(client);
      });
    };
    tryNext(replicas.length);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
