import { detectRuntime } from "../../internal/runtime.ts";
import type { NatsOptions } from "./nats_options.ts";

/** What a connection runs over. */
export type TransportKind = "tcp" | "ws";

/** The transport of this process: the NATS client has one for all connections, also those of other copies of the package. */
interface Transports {
  kind: TransportKind | undefined;
  open: number;
}

const TRANSPORTS = Symbol.for("@glam/shared.nats.transports");

/**
 * The transport for these options.
 *
 * @throws {TypeError} when the options exclude each other, or the runtime lacks the transport.
 */
export function transportOf(options: NatsOptions, isWebSocket: boolean): TransportKind {
  const { transport = isWebSocket ? "ws" : "tcp" } = options;
  if (transport === "tcp" && isWebSocket) {
    throw new TypeError('Cannot connect to ws:// with the transport "tcp"; leave `transport` out');
  }
  if (transport === "tcp" && detectRuntime() === "workerd") {
    throw new TypeError(
      'Cannot connect by TCP on workerd; give a server such as "wss://nats.example.com:443"',
    );
  }
  if (transport === "ws" && options.tls !== undefined && options.tls !== false) {
    throw new TypeError("Cannot set `tls` with a WebSocket: wss:// is secured by the runtime");
  }
  if (transport === "ws" && typeof WebSocket === "undefined") {
    throw new TypeError(
      "Cannot connect by WebSocket: this runtime has none (Node has it from version 22 on)",
    );
  }
  return transport;
}

/**
 * Claims the transport of the process; returns the function that releases it.
 *
 * @throws {TypeError} when a connection over the other transport is open.
 */
export function claimTransport(kind: TransportKind): () => void {
  const globals = globalThis as { [TRANSPORTS]?: Transports };
  const transports = globals[TRANSPORTS] ??= { kind: undefined, open: 0 };
  if (transports.open > 0 && transports.kind !== kind) {
    throw new TypeError(
      `Cannot connect by ${kind}: a connection by ${transports.kind} is open in this process, and could not reconnect; ` +
        "close it first",
    );
  }
  transports.kind = kind;
  transports.open++;
  let isHeld = true;
  return () => {
    if (isHeld) transports.open--;
    isHeld = false;
  };
}
