import * as z from "zod";
import { splitUserInfo } from "../internal/url_credentials.ts";
import { markReady, markSecretParts } from "./_schema_marks.ts";
import { type Secret, secret } from "./secret.ts";

/** TLS settings of {@link NatsConfig}, each as PEM text. */
export interface NatsTlsConfig {
  /** Trusted certificate authorities. */
  readonly ca?: string | undefined;
  /** Client certificate. */
  readonly cert?: string | undefined;
  /** Private key of the client certificate. */
  readonly key?: Secret | undefined;
}

/** Output of {@link natsConfig}: options of `connectNats`. */
export interface NatsConfig {
  /** Addresses of the servers without credentials, such as `nats://localhost:4222`; `wss://` is a WebSocket. */
  readonly servers: string[];
  /** User name. */
  readonly user?: string | undefined;
  /** Password of the user. */
  readonly pass?: Secret | undefined;
  /** Token, instead of a user. */
  readonly token?: Secret | undefined;
  /** Content of a `.creds` file. To name a file, set `CATALOG_NATS__CREDS_FILE`. */
  readonly creds?: Secret | undefined;
  /** TLS settings. */
  readonly tls?: NatsTlsConfig | undefined;
  /** Transport: TCP or WebSocket. */
  readonly transport?: "tcp" | "ws" | undefined;
  /** Prefix of inboxes, for users that may subscribe to an inbox of their own only. */
  readonly inboxPrefix?: string | undefined;
  /** Limits and layout of the fleet's streams. */
  readonly streams?: NatsStreamsConfig | undefined;
}

/** Limits and layout of the fleet's streams, as {@link NatsConfig} has them. */
export interface NatsStreamsConfig {
  /** Streams of domains of their own; a text is a stream of the domain of its name. */
  readonly domains?: readonly (NatsDomainStream | string)[] | undefined;
  /** Limits of `GLAM_EVENTS`. */
  readonly events?: NatsStreamLimits | undefined;
  /** Limits of `GLAM_DLQ`. */
  readonly dlq?: NatsStreamLimits | undefined;
}

/** A stream of domains, as `domainStreams` takes it. */
export interface NatsDomainStream extends NatsStreamLimits {
  /** What its name has after `GLAM_`. */
  readonly name: string;
  /** Its domains; by default its name. */
  readonly domains?: readonly string[] | undefined;
}

/** Limits of one stream; a limit that is left out has the default of `connectNats`. */
export interface NatsStreamLimits {
  /** Age limit of a message in milliseconds. */
  readonly maxAgeMs?: number | undefined;
  /** Limit on the number of messages. */
  readonly maxMessages?: number | undefined;
  /** Limit on the size of the stream in bytes. */
  readonly maxBytes?: number | undefined;
  /** On how many nodes of a cluster the stream is kept. */
  readonly replicas?: number | undefined;
}

/**
 * Schema of the NATS configuration, for `connectNats`. Its keys are `servers` (a list, or a text with commas), `user` and
 * `password`, or `token`, or `creds`, and `tls`, `transport`, `inbox_prefix` and `streams`. Credentials in the address of a server
 * become `user` and `pass`, or `token`.
 *
 * The variables `NATS_SERVERS`, `NATS_USER` and `NATS_PASSWORD` of the Python package set them, too, with or without the
 * prefix `{SERVICE}_`.
 */
export const natsConfig: z.ZodType<NatsConfig, Readonly<Record<string, unknown>>> = /* @__PURE__ */ markReady(
  /* @__PURE__ */ z.lazy(natsSchema),
  {
    prefixed: {
      NATS_SERVERS: "servers",
      NATS_USER: "user",
      NATS_PASSWORD: "password",
      NATS_TOKEN: "token",
      NATS_CREDS: "creds",
    },
    shared: { NATS_SERVERS: "servers", NATS_USER: "user", NATS_PASSWORD: "password" },
  },
);

const SERVER = /^(?:(?:nats|tls|ws|wss):\/\/)?[^\s/,]+$/;

/** NATS counts nanoseconds in 64 bits, JavaScript exact ones in 53. */
const MAX_AGE_MS = Math.floor(Number.MAX_SAFE_INTEGER / 1e6);

function natsSchema(): z.ZodType<NatsConfig, Readonly<Record<string, unknown>>> {
  const text = () => z.string().min(1).optional();
  const count = (least: number, most: number) => z.int().min(least).max(most).optional();
  const limit = () => ({
    max_age_ms: count(1000, MAX_AGE_MS),
    max_messages: count(1, Number.MAX_SAFE_INTEGER),
    max_bytes: count(1, Number.MAX_SAFE_INTEGER),
    replicas: z.int().refine((count) => [1, 3, 5].includes(count), { error: "expected 1, 3 or 5" })
      .optional(),
  });
  const limits = () => z.object(limit()).optional();
  const name = () => z.string().regex(/^[A-Za-z0-9_-]+$/, { error: "expected letters, digits, _ and -" });
  const token = z.string().regex(/^[^\s.*>]+$/, { error: "expected one token of a subject" });
  // Strict, as no warning tells of a key that is misspelled within a list.
  const domain = z.strictObject({ name: name(), domains: z.array(token).min(1).optional(), ...limit() });
  const server = markSecretParts(
    z.string().refine((text) => SERVER.test(splitUserInfo(text).address), {
      error: "expected a server such as nats://localhost:4222",
    }),
    (text) => [splitUserInfo(text).userInfo ?? ""],
  );
  const fields = z.object({
    servers: z.array(server).min(1),
    user: text(),
    password: secret(z.string()).optional(),
    token: secret().optional(),
    creds: secret().optional(),
    tls: z.object({ ca: text(), cert: text(), key: secret().optional() }).optional(),
    transport: z.enum(["tcp", "ws"]).optional(),
    inbox_prefix: text(),
    streams: z.object({
      events: limits(),
      dlq: limits(),
      domains: z.array(z.union([name(), domain])).optional(),
    }).optional(),
  });
  return z.pipe(fields, z.transform(toOptions));
}

interface LimitFields {
  readonly max_age_ms?: number | undefined;
  readonly max_messages?: number | undefined;
  readonly max_bytes?: number | undefined;
  readonly replicas?: number | undefined;
}

interface DomainFields extends LimitFields {
  readonly name: string;
  readonly domains?: string[] | undefined;
}

type Fields = Omit<NatsConfig, "inboxPrefix" | "pass" | "streams"> & {
  readonly streams?:
    | {
      readonly events?: LimitFields | undefined;
      readonly dlq?: LimitFields | undefined;
      readonly domains?: (DomainFields | string)[] | undefined;
    }
    | undefined;
  readonly password?: Secret | undefined;
  readonly inbox_prefix?: string | undefined;
};

/** Moves credentials in the URLs of the servers to options of their own, unless other credentials are given. */
function toOptions({ password, servers, inbox_prefix, streams, ...rest }: Fields): NatsConfig {
  const split = servers.map((server) => splitUserInfo(server));
  const { user, password: pass } = split.find(({ userInfo }) => userInfo) ?? {};
  const found = user === undefined
    ? {}
    : pass === undefined
    ? { token: hidden(user) }
    : { user, pass: hidden(pass) };
  const own = password === undefined ? rest : { ...rest, pass: password };
  return {
    servers: split.map(({ address }) => address),
    ...(own.user ?? own.token ?? own.creds) === undefined ? found : {},
    ...own,
    ...inbox_prefix !== undefined && { inboxPrefix: inbox_prefix },
    ...streams !== undefined && {
      streams: {
        ...streams.events !== undefined && { events: toLimits(streams.events) },
        ...streams.dlq !== undefined && { dlq: toLimits(streams.dlq) },
        ...streams.domains !== undefined && { domains: streams.domains.map(toDomain) },
      },
    },
  };
}

function toLimits({ max_age_ms, max_messages, max_bytes, replicas }: LimitFields): NatsStreamLimits {
  return { maxAgeMs: max_age_ms, maxMessages: max_messages, maxBytes: max_bytes, replicas };
}

function toDomain(domain: DomainFields | string): NatsDomainStream | string {
  if (typeof domain === "string") return domain;
  const { name, domains, ...limits } = domain;
  return { name, domains, ...toLimits(limits) };
}

function hidden(text: string): Secret {
  return secret(z.string()).parse(text);
}
