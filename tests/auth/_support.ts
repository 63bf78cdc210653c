import { mock } from "node:test";
import { glamMiddleware, type GlamOptions, type GlamVariables, implement } from "@glam/shared/api";
import { authenticate, type AuthenticateOptions, type AuthenticationStrategy } from "@glam/shared/auth";
import { getContext } from "@glam/shared/context";
import { defineEndpoint, type Endpoint } from "@glam/shared/contract";
import { Hono } from "hono";
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import * as z from "zod";
import { type Answer, send } from "../api/_support.ts";
import { type LogEntry, recordingLogger } from "../_support/recording_logger.ts";

export { type Json, send } from "../api/_support.ts";

export const ISSUER = "https://id.glam.test/";

/** Who is behind a request, as the handler sees it. */
export interface Me {
  readonly kind?: string | undefined;
  readonly subject?: string | undefined;
  readonly caller?: string | undefined;
  readonly scopes?: string[] | undefined;
  readonly merchantId?: string | undefined;
  readonly merchantDomain?: string | undefined;
  readonly userId?: string | undefined;
  readonly sourceService?: string | undefined;
}

const text = z.string().optional();
export const WhoAmI: Endpoint<"GET /me", { data: Me }> = defineEndpoint("GET /me", {
  data: z.object({
    kind: text,
    subject: text,
    caller: text,
    scopes: z.array(z.string()).optional(),
    merchantId: text,
    merchantDomain: text,
    userId: text,
    sourceService: text,
  }),
});
const Open = defineEndpoint("GET /open", { data: z.string(), auth: "none" });
const Both = defineEndpoint("GET /both", { data: z.string(), auth: "optional" });
const Write = defineEndpoint("POST /items", { data: z.string(), scopes: ["items:read", "items:write"] });

export type App = Hono<{ Variables: GlamVariables }>;

/** An application that tells its callers who they are. */
export function createApp(
  strategies: readonly AuthenticationStrategy[],
  options: AuthenticateOptions = {},
  glam: GlamOptions = {},
): { readonly app: App; readonly entries: LogEntry[] } {
  const { logger, entries } = recordingLogger();
  const app: App = new Hono();
  app.use(glamMiddleware({
    service: "catalog",
    logger,
    guards: { authenticate: authenticate(strategies, options) },
    app,
    ...glam,
  }));
  implement(app, WhoAmI, ({ c }) => {
    const { kind, subject, caller, scopes } = c.get("principal") ?? {};
    const { merchantId, merchantDomain, userId, sourceService } = getContext()!;
    return {
      kind,
      subject,
      caller,
      scopes: scopes && [...scopes],
      merchantId,
      merchantDomain,
      userId,
      sourceService,
    };
  });
  implement(app, Open, () => "open");
  implement(app, Both, ({ c }) => c.get("principal")?.subject ?? "nobody");
  implement(app, Write, () => "written");
  return { app, entries };
}

/** A key pair, and what signs with it. */
export interface Signer {
  readonly kid: string;
  readonly jwk: Readonly<Record<string, unknown>>;
  readonly privateKey: CryptoKey;
  /** A token with these claims over those of a good one; `undefined` takes a claim away. */
  sign(claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
}

/** Makes a key pair that signs for an issuer. */
export async function createSigner(
  kid: string,
  { algorithm = "ES256", defaults = {} }: { algorithm?: string; defaults?: Record<string, unknown> } = {},
): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  return {
    kid,
    privateKey,
    jwk: { ...await exportJWK(publicKey), kid, alg: algorithm },
    async sign(claims = {}, header = {}) {
      const good = {
        iss: ISSUER,
        aud: "catalog",
        sub: "maria",
        iat: seconds(),
        exp: seconds(60),
        ...defaults,
      };
      const protectedHeader = { alg: algorithm, typ: "JWT", kid, ...header };
      return await new SignJWT({ ...good, ...claims } as JWTPayload).setProtectedHeader(protectedHeader)
        .sign(privateKey);
    },
  };
}

/** Seconds since 1970, so many from now. */
export function seconds(fromNow = 0): number {
  return Math.floor(Date.now() / 1000) + fromNow;
}

/** A part of a token. */
export function encode(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
}

/** Sends a request with a bearer token. */
export function ask(app: App, token: string | undefined, path = "/me", method = "GET"): Promise<Answer> {
  return send(app, path, {
    method,
    headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
  });
}

/** The reasons that the log has for refusals. */
export function reasons(entries: readonly LogEntry[]): unknown[] {
  return entries.filter(({ message }) => message === "Credential refused").map(({ fields }) =>
    fields["reason"]
  );
}

/** A `Date` that stands still until a test moves it; timers go on. */
export function ownDate(now: number = Date.now()): { tick(ms: number): void } & Disposable {
  mock.timers.reset();
  mock.timers.enable({ apis: ["Date"], now });
  return { tick: (ms) => mock.timers.tick(ms), [Symbol.dispose]: () => mock.timers.reset() };
}
