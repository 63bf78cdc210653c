/**
 * Every kind of credential, good and bad, through an application that logs all it can, traces and counts. Prints, as the
 * last line, the credentials that were used.
 *
 * @module
 */
import { glamMiddleware, implement } from "@glam/shared/api";
import {
  apiKey,
  authenticate,
  createApiKey,
  createServiceTokenSource,
  hmacWebhook,
  jwt,
  serviceToken,
  shopifySession,
} from "@glam/shared/auth";
import { createServiceClient } from "@glam/shared/client";
import { defineEndpoint } from "@glam/shared/contract";
import { createLogger } from "@glam/shared/logging";
import { Hono } from "hono";
import { exportJWK, exportPKCS8, SignJWT } from "jose";
import * as z from "zod";
import { createSigner, ISSUER, seconds } from "./_support.ts";
import { startJwksServer } from "./_jwks_server.ts";

const logger = createLogger("leaky", { format: "json", level: "debug", file: false });
const signer = await createSigner("k1");
const orders = await createSigner("orders", { defaults: { iss: "orders", sub: "orders" } });
const pem = await exportPKCS8(orders.privateKey);
const { d } = await exportJWK(orders.privateKey);
const { key, hash } = createApiKey("glam_live");
const apiSecret = "shpss_0123456789abcdef0123456789abcdef";
const webhookSecret = "whsec_0123456789abcdef0123456789abcdef";
await using server = await startJwksServer([signer.jwk]);

const Ok = defineEndpoint("GET /ok", { data: z.string() });
const Broken = defineEndpoint("GET /broken", { data: z.string() });
const app = new Hono();
app.use(glamMiddleware({
  service: "leaky",
  logger,
  exposeTrace: true,
  guards: {
    authenticate: authenticate([
      jwt({ issuer: ISSUER, audience: "catalog", jwks: `${server.url}?key=query-secret-0123` }),
      serviceToken({ audience: "catalog", keys: { keys: [orders.jwk] }, callers: ["orders"] }),
      apiKey({
        find: (given) => {
          if (given !== hash) throw new Error("the database is away");
          return { id: 1, hash };
        },
      }),
      shopifySession({ apiKey: "app", apiSecret }),
    ]),
  },
}));
implement(app, Ok, () => "ok");
implement(app, Broken, () => {
  throw new Error("the handler failed");
});
app.post("/hook", hmacWebhook({ form: "github", secret: webhookSecret }), () => {
  throw new Error("the handler of the webhook failed");
});

const tokenFor = createServiceTokenSource({ issuer: "orders", privateKey: pem });
const session = (secret: string) =>
  new SignJWT({
    iss: "https://acme.myshopify.com/admin",
    dest: "https://acme.myshopify.com",
    aud: "app",
    sub: "1",
  })
    .setProtectedHeader({ alg: "HS256" }).setExpirationTime("1 minute").sign(
      new TextEncoder().encode(secret),
    );
const tokens = [
  await signer.sign(),
  await signer.sign({ exp: seconds(-100), email: "maria@private.example" }),
  await signer.sign({ aud: "orders" }),
  await signer.sign({ merchant_id: { secret: "nested-secret-0123" } }),
  await signer.sign({}, { kid: "unknown" }),
  await (await createSigner("k1")).sign(),
  await tokenFor("catalog"),
  await tokenFor("orders"),
  await session(apiSecret),
  await session("another-secret-of-a-shop"),
  "opaque-token-0123456789",
  "x".repeat(9000),
];
const output: string[] = [];
const ask = async (path: string, headers: Record<string, string>, init: RequestInit = {}) => {
  const response = await app.request(path, { ...init, headers });
  output.push(JSON.stringify([...response.headers]), await response.text());
};
for (const path of ["/ok", "/broken"]) {
  for (const token of tokens) await ask(path, { Authorization: `Bearer ${token}` });
  for (const each of [key, "glam_live_another-key-0123456789"]) await ask(path, { "X-Api-Key": each });
  await ask(path, { Authorization: "Basic dXNlcjpodW50ZXIyLWh1bnRlcjI=" });
}
server.status = 500;
await ask("/ok", { Authorization: `Bearer ${await signer.sign({}, { kid: "later" })}` });
const signature = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
await ask("/hook", { "X-Hub-Signature-256": `sha256=${signature}` }, { method: "POST", body: "{}" });
const client = createServiceClient({
  service: "catalog",
  endpoints: { Broken },
  transport: app,
  logger,
  retry: false,
  headers: async () => ({ authorization: `Bearer ${await tokenFor("catalog")}` }),
});
const failed = await client.Broken({}).catch((error) => error);
output.push(String(failed), JSON.stringify(failed), String(failed.stack), String(failed.cause?.stack));
for (
  const make of [
    () => createServiceTokenSource({ issuer: "orders", privateKey: `${pem.slice(40)}` }),
    () => createServiceTokenSource({ issuer: "orders", privateKey: `{"d":7,"secret":"${d}"` }),
    () =>
      jwt({
        issuer: ISSUER,
        audience: "a",
        jwks: "http://user:password-0123@id.glam.com/?key=query-secret-0123",
      }),
  ]
) {
  try {
    make();
  } catch (error) {
    output.push(String((error as Error).stack));
  }
}
output.push(await (await app.request("/metrics")).text());
console.log(output.join("\n"));

const secrets = [
  ...tokens.flatMap((token) =>
    token.split(".").filter((part) => part.length > 20 && !part.startsWith("eyJhbGci"))
  ),
  key,
  hash,
  "another-key-0123456789",
  apiSecret,
  webhookSecret,
  signature,
  d!,
  ...pem.split("\n").filter((line) => line.length > 30 && !line.includes("-----")),
  "maria@private.example",
  "nested-secret-0123",
  "query-secret-0123",
  "password-0123",
  "dXNlcjpodW50ZXIyLWh1bnRlcjI=",
];
console.log(JSON.stringify(secrets));
