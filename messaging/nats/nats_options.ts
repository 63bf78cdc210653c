import type { LoggerLike } from "../../logging/logger.ts";
import type { StreamLayout } from "../bus/domain_streams.ts";
import type { FleetStreamLimits } from "../bus/stream_limits.ts";

/** Options of `connectNats`. */
export interface NatsOptions {
  /**
   * Addresses of the servers, such as `nats://nats-1:4222`; a list, or a text with commas. `tls://` turns TLS on; `ws://` and
   * `wss://` connect by WebSocket, and need a port. Credentials in an address (`nats://user:password@host`,
   * `nats://token@host`) are used when no option gives others; no message shows them.
   * @default the variable `NATS_SERVERS`, separated by commas, else `nats://127.0.0.1:4222`
   */
  readonly servers?: string | readonly string[] | undefined;
  /**
   * User name.
   * @default the variable `NATS_USER`, when no other credentials are given
   */
  readonly user?: string | undefined;
  /**
   * Password of the user; a text, or a secret such as `natsConfig` returns. This and every other secret is asked at each
   * connection and reconnection, and its last text is used where it fails.
   * @default the variable `NATS_PASSWORD`, when `user` comes from `NATS_USER`
   */
  readonly pass?: string | { reveal(): string } | undefined;
  /** Token, instead of a user. */
  readonly token?: string | { reveal(): string } | undefined;
  /** Content of a `.creds` file: a user JWT and the seed of its NKey. */
  readonly creds?: string | { reveal(): string } | undefined;
  /** Seed of an NKey, such as `SUA...`. */
  readonly nkey?: string | { reveal(): string } | undefined;
  /** TLS over TCP; `true` trusts the certificate authorities of the runtime. */
  readonly tls?: boolean | NatsTlsOptions | undefined;
  /**
   * Transport. All open connections of a process have to use the same.
   * @default "ws" when a server is `ws://` or `wss://`, else "tcp"
   */
  readonly transport?: "tcp" | "ws" | undefined;
  /**
   * Name of the connection, as the server's monitoring shows it.
   * @default the variable `SERVICE_NAME`
   */
  readonly name?: string | undefined;
  /**
   * Limits of the fleet's streams, or a layout of `domainStreams`, for streams that this process creates; an existing stream
   * that differs is reported by `ensureStreams`, which changes it with `repair`.
   * @default 24 hours and 1,000,000 messages, for dead letters 168 hours and 100,000 messages; one replica
   */
  readonly streams?: FleetStreamLimits | StreamLayout | undefined;
  /** JetStream domain, for a leaf node. */
  readonly domain?: string | undefined;
  /**
   * Time limit of one attempt to connect, in milliseconds.
   * @default 5000
   */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * Time limit of one request to the JetStream API in milliseconds: streams, consumers, and messages read by sequence. A slow
   * or distant cluster may need more. Publishing has `timeoutMs` of its own.
   * @default 5000
   */
  readonly apiTimeoutMs?: number | undefined;
  /**
   * Delay between attempts to reconnect, in milliseconds; a random jitter of up to 100 ms is added. Attempts never stop.
   * @default 250
   */
  readonly reconnectDelayMs?: number | undefined;
  /**
   * Whether the first connect is retried without a limit, too, while no server can be reached.
   * @default false
   */
  readonly waitForServer?: boolean | undefined;
  /**
   * Whether to return the bus at once and connect in the background. Until it is connected, calls reject with kind
   * `unavailable`; when the server refuses the connection, the bus is closed with that error. Includes `waitForServer`.
   * @default false
   */
  readonly lazy?: boolean | undefined;
  /**
   * First tokens of the subjects on which replies and messages arrive, for users that may subscribe to an inbox of their own
   * only: with `_INBOX_credits` they need the permission to subscribe to `_INBOX_credits.>`.
   * @default "_INBOX"
   */
  readonly inboxPrefix?: string | undefined;
  /**
   * Logger for changes and errors of the connection.
   * @default none; a server that is waited for is logged by `createLogger(name)`
   */
  readonly logger?: LoggerLike | undefined;
}

/** Certificates for TLS, each as PEM text or as the path of a PEM file. */
export interface NatsTlsOptions {
  /** Trusted certificate authorities, PEM. */
  readonly ca?: string | undefined;
  /** Path of the file of trusted certificate authorities. */
  readonly caFile?: string | undefined;
  /** Client certificate, PEM. */
  readonly cert?: string | undefined;
  /** Path of the client certificate. */
  readonly certFile?: string | undefined;
  /** Private key of the client certificate, PEM. */
  readonly key?: string | { reveal(): string } | undefined;
  /** Path of the private key of the client certificate. */
  readonly keyFile?: string | undefined;
  /**
   * Whether the TLS handshake comes before the server's `INFO`; needs nats-server 2.10.4 with `handshake_first`.
   * @default false
   */
  readonly handshakeFirst?: boolean | undefined;
}
