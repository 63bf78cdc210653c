import { nodeModule, type Socket } from "./_node.ts";
import type { Address } from "./_settings.ts";

// The message SSLRequest. https://www.postgresql.org/docs/current/protocol-message-formats.html
const SSL_REQUEST = Uint8Array.of(0, 0, 0, 8, 4, 210, 22, 47);
const YES = 0x53;
const NO = 0x4e;

/**
 * Starts TLS on a new connection, before anything was sent on it. With `"prefer"` the connection stays plain if the
 * server does not support TLS.
 */
export async function encrypt(socket: Socket, ssl: Address["ssl"], host: string): Promise<Socket> {
  socket.write(SSL_REQUEST);
  const answer = await nextChunk(socket);
  if (answer[0] === NO && ssl === "prefer") return socket;
  // Further bytes were injected by a man in the middle, to be taken for the server's (CVE-2021-23222).
  if (answer[0] !== YES || answer.length !== 1) {
    throw Object.assign(new Error("The server does not support TLS"), { code: "TLS_REFUSED" });
  }
  const { connect } = nodeModule("node:tls");
  const verified = ssl === "verify-full" || typeof ssl === "object";
  const secure = connect({
    socket,
    rejectUnauthorized: verified,
    ...(nodeModule("node:net").isIP(host) === 0 ? { servername: host } : { host }),
    ...(typeof ssl === "object" ? ssl : {}),
  });
  socket.on("error", () => {}); // the encrypted socket reports it
  await firstEvent(secure, "secureConnect");
  return secure;
}

function nextChunk(socket: Socket): Promise<Uint8Array> {
  return firstEvent<Uint8Array>(socket, "data");
}

/** Resolves at the event; rejects when the socket fails or ends before it. */
export function firstEvent<T = void>(socket: Socket, event: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      socket.off(event, onEvent);
      socket.off("error", onError);
      socket.off("close", onClose);
    };
    const onEvent = (value: T) => {
      settle();
      resolve(value);
    };
    const onError = (error: Error) => {
      settle();
      reject(error);
    };
    const onClose = () =>
      onError(Object.assign(new Error("The server closed the connection"), { code: "ECONNRESET" }));
    socket.on(event, onEvent);
    socket.on("error", onError);
    socket.on("close", onClose);
  });
}
