import type { LoggerLike } from "../../logging/logger.ts";

/** Options of `connectNats`. */
export interface NatsOptions {
  /**
   * Addresses of the servers, such as `nats://nats-1:4222`; `tls://` asks for TLS, `ws://` and `wss://` for a WebSocket,
   * where a port belongs in the address.
   * @default the variable `NATS_SERVERS`, separated by commas, else `nats://127.0.0.1:4222`
   */
  readonly servers?: string | readonly string[] | undefined;
  /**
   * Name of a user.
   * @default the variable `NATS_USER`, where no other credentials are given
   */
  readonly user?: string | undefined;
  /**
   * Password of the user, or a secret that reveals it, such as `natsConfig` gives.
   * @default the variable `NATS_PASSWORD`, where `user` comes from `NATS_USER`
   */
  readonly pass?: string | { reveal(): string } | undefined;
  /** A token in place of a user. */
  readonly token?: string | { reveal(): string } | undefined;
  /** Text of a `.creds` file: a JWT with the seed of its key. */
  readonly creds?: string | { reveal(): string } | undefined;
  /** Seed of an NKey. */
  readonly nkey?: string | { reveal(): string } | undefined;
  /** TLS over TCP; `true` trusts the authorities of the runtime. */
  readonly tls?: boolean | NatsTlsOptions | undefined;
  /**
   * How to connect. All connections of one process take the same.
   * @default "ws" where the first server is `ws://` or `wss://`, else "tcp"
   */
  readonly transport?: "tcp" | "ws" | undefined;
  /**
   * Name of the connection, as the server's monitoring shows it.
   * @default the variable `SERVICE_NAME`
   */
  readonly name?: string | undefined;
  /** JetStream domain, for leaf nodes. */
  readonly domain?: string | undefined;
  /**
   * How long one attempt to connect may take.
   * @default 5000
   */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * The pause between attempts to connect again, which go on for ever; up to 100 ms more at random.
   * @default 250
   */
  readonly reconnectDelayMs?: number | undefined;
  /**
   * Whether to try for ever the first time as well, rather than to reject.
   * @default false
   */
  readonly waitForServer?: boolean | undefined;
  /**
   * Where losses of the connection are written.
   * @default nowhere
   */
  readonly logger?: LoggerLike | undefined;
}

/** Certificates for TLS; each as PEM text or as the path of a file. */
export interface NatsTlsOptions {
  /** Authorities to trust. */
  readonly ca?: string | undefined;
  /** File of authorities to trust. */
  readonly caFile?: string | undefined;
  /** Certificate of this client. */
  readonly cert?: string | undefined;
  /** File of the certificate of this client. */
  readonly certFile?: string | undefined;
  /** Key of this client. */
  readonly key?: string | { reveal(): string } | undefined;
  /** File of the key of this client. */
  readonly keyFile?: string | undefined;
  /**
   * Whether TLS starts before the server says anything; needs nats-server 2.10.4 with `handshake_first`.
   * @default false
   */
  readonly handshakeFirst?: boolean | undefined;
}
