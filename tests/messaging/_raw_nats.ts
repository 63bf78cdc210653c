import { connect } from "node:net";
import type { NatsAccount, NatsServer } from "../_support/nats_server.ts";

/** A message whose headers no client would write: `headers` are the lines as they are, each with its line end. */
export interface RawMessage {
  readonly subject: string;
  readonly reply?: string;
  readonly headers?: string;
  readonly data: string;
}

/** Publishes messages over a socket of its own, and resolves when the server has read them. */
export function publishRaw(
  server: NatsServer,
  account: NatsAccount,
  messages: readonly RawMessage[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, "127.0.0.1");
    const options = { verbose: false, headers: true, protocol: 1, ...account };
    let received = "";
    socket.on("error", reject);
    socket.on("data", (chunk) => {
      received += chunk;
      if (received.includes("-ERR")) reject(new Error(received));
      if (!received.includes("PONG")) return;
      socket.end();
      resolve();
    });
    socket.write(`CONNECT ${JSON.stringify(options)}\r\n`);
    for (const { subject, reply = "", headers = "", data } of messages) {
      const block = Buffer.from(`NATS/1.0\r\n${headers}\r\n`);
      const payload = Buffer.from(data);
      const place = reply === "" ? subject : `${subject} ${reply}`;
      socket.write(`HPUB ${place} ${block.length} ${block.length + payload.length}\r\n`);
      socket.write(Buffer.concat([block, payload, Buffer.from("\r\n")]));
    }
    socket.write("PING\r\n");
  });
}

/** The payload of an event. */
export function rawEvent(subject: string, data: unknown): string {
  return JSON.stringify({
    event_id: crypto.randomUUID(),
    event_type: subject,
    timestamp: new Date().toISOString(),
    data,
  });
}
