import * as z from "zod";
import { markReady } from "./_schema_marks.ts";
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
}

/**
 * Schema of the NATS configuration, for `connectNats`. Its keys are `servers` (a list, or a text with commas), `user` and
 * `password`, or `token`, or `creds`, and `tls` and `transport`.
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

function natsSchema(): z.ZodType<NatsConfig, Readonly<Record<string, unknown>>> {
  const text = () => z.string().min(1).optional();
  const server = z.string().regex(/^(?:(?:nats|tls|ws|wss):\/\/)?[^\s/,]+$/, {
    error: "expected a server such as nats://localhost:4222",
  });
  const fields = z.object({
    servers: z.array(server).min(1),
    user: text(),
    password: secret(z.string()).optional(),
    token: secret().optional(),
    creds: secret().optional(),
    tls: z.object({ ca: text(), cert: text(), key: secret().optional() }).optional(),
    transport: z.enum(["tcp", "ws"]).optional(),
  });
  return z.pipe(fields, z.transform(toOptions));
}

type Fields = Omit<NatsConfig, "pass"> & { readonly password?: Secret | undefined };

/** Credentials in the URLs of the servers become options of their own, where they cannot be printed by accident. */
function toOptions({ password, servers, ...rest }: Fields): NatsConfig {
  const found: { user?: string; pass?: Secret; token?: Secret } = {};
  const bare = servers.map((server) => {
    const [, scheme = "", user, pass, host = server] =
      /^(\w+:\/\/)?([^:@]*)(?::([^@]*))?@(.*)$/.exec(server) ?? [];
    if (user === undefined) return server;
    if (pass === undefined) found.token ??= hidden(user);
    else {
      found.user ??= decodeURIComponent(user);
      found.pass ??= hidden(pass);
    }
    return scheme + host;
  });
  const own = password === undefined ? rest : { ...rest, pass: password };
  return { servers: bare, ...(own.user ?? own.token ?? own.creds) === undefined ? found : {}, ...own };
}

function hidden(encoded: string): Secret {
  return secret(z.string()).parse(decodeURIComponent(encoded));
}
