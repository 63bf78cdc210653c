/**
 * Who sends a request: tokens of users, services and shops, API keys, and signed webhooks.
 *
 * Give `authenticate` to `glamMiddleware`, and every endpoint asks for a caller. Handlers find who it is in
 * `c.var.principal`; log lines, rows and calls of other services have tenant and user from the context.
 *
 * ```ts
 * import { glamMiddleware, implement } from "@glam/shared/api";
 * import { authenticate, jwt, serviceToken } from "@glam/shared/auth";
 * import { defineEndpoint } from "@glam/shared/contract";
 * import { Hono } from "hono";
 * import * as z from "zod";
 *
 * const ListItems = defineEndpoint("GET /items", { data: z.array(z.string()), scopes: ["items:read"] });
 *
 * const app = new Hono();
 * app.use(glamMiddleware({
 *   guards: {
 *     authenticate: authenticate([
 *       jwt({ issuer: "https://id.glam.com/", audience: "catalog", jwks: "https://id.glam.com/jwks.json" }),
 *       serviceToken({ audience: "catalog", keys: "https://id.glam.com/services.json", callers: ["orders"] }),
 *     ]),
 *   },
 * }));
 * implement(app, ListItems, () => ["lipstick"]);
 *
 * console.log((await app.request("/items")).status); // 401
 * ```
 *
 * @module
 */

export type { AuthenticationGuard, Principal } from "../api/guards.ts";
export type { RawBodyContext } from "../api/raw_body.ts";
export type { Revealable } from "../internal/reveal.ts";
export { apiKey, type ApiKeyOptions, type ApiKeyRecord } from "./api_key.ts";
export { authenticate, type AuthenticateOptions, type Authentication } from "./authenticate.ts";
export { createApiKey, type CreatedApiKey } from "./create_api_key.ts";
export {
  hmacWebhook,
  type HmacWebhookOptions,
  type Webhook,
  type WebhookMiddleware,
  type WebhookVariables,
} from "./hmac_webhook.ts";
export { jwt, type JwtAlgorithm, type JwtOptions } from "./jwt.ts";
export type { JsonWebKeySet, KeySource } from "./key_set.ts";
export {
  createPostgresWebhookStore,
  type PostgresWebhookStore,
  webhookTable,
} from "./postgres_webhook_store.ts";
export { requireScopes } from "./require_scopes.ts";
export { serviceToken, type ServiceTokenOptions } from "./service_token.ts";
export {
  createServiceTokenSource,
  type ServiceTokenAlgorithm,
  type ServiceTokenSource,
  type ServiceTokenSourceOptions,
} from "./service_token_source.ts";
export { shopifySession, type ShopifySessionOptions } from "./shopify_session.ts";
export { shopifyWebhook, type ShopifyWebhookOptions } from "./shopify_webhook.ts";
export type {
  AuthenticationStrategy,
  Credential,
  IdentityContext,
  UnverifiedToken,
  VerifiedCredential,
} from "./strategy.ts";
export type { WebhookForm } from "./webhook_form.ts";
export {
  createMemoryWebhookStore,
  type MemoryWebhookStoreOptions,
  type WebhookStore,
} from "./webhook_store.ts";
