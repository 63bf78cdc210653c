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
// Made here, as Bun shows the source around an error.
const [apiSecret, webhookSecret, querySecret, nestedSecret, password, otherKey, email] = Array.from(
  { length: 7 },
  () => crypto.randomUUID(),
) as [string, string, string, string, string, string, string];
const basic = btoa(`user:${crypto.randomUUID()}`);
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
      jwt({ issuer: ISSUER, audience: "catalog", jwks: `${server.url}?key=${querySecret}` }),
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
  await signer.sign({ exp: seconds(-100), email }),
  await signer.sign({ aud: "orders" }),
  await signer.sign({ merchant_id: { secret: nestedSecret } }),
  await signer.sign({}, { kid: "unknown" }),
  await (await createSigner("k1")).sign(),
  await tokenFor("catalog"),
  await tokenFor("orders"),
  await session(apiSecret),
  await session(crypto.randomUUID()),
  crypto.randomUUID(),
  "x".repeat(9000),
];
const output: string[] = [];
const ask = async (path: string, headers: Record<string, string>, init: RequestInit = {}) => {
  const response = await app.request(path, { ...init, headers });
  output.push(JSON.stringify([...response.headers]), await response.text());
};
for (const path of ["/ok", "/broken"]) {
  for (const token of tokens) await ask(path, { Authorization: `Bearer ${token}` });
  for (const each of [key, `glam_live_${otherKey}`]) await ask(path, { "X-Api-Key": each });
  await ask(path, { Authorization: `Basic ${basic}` });
}
server.status = 500;
await ask("/ok", { Authorization: `Bearer ${await signer.sign({}, { kid: "later" })}` });
const signature = `${crypto.randomUUID()}${crypto.randomUUID()}`.replaceAll("-", "");
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
        jwks: `http://user:${password}@id.glam.com/?key=${querySecret}`,
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
  otherKey,
  apiSecret,
  webhookSecret,
  signature,
  d!,
  ...pem.split("\n").filter((line) => line.length > 30 && !line.includes("-----")),
  email,
  nestedSecret,
  querySecret,
  password,
  basic,
];
console.log(JSON.stringify(secrets));
