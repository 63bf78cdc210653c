import { hmacWebhook, type HmacWebhookOptions, type WebhookMiddleware } from "./hmac_webhook.ts";

/** Options of {@link shopifyWebhook}. */
export type ShopifyWebhookOptions = Omit<HmacWebhookOptions, "form" | "toleranceSeconds">;

/**
 * A middleware for the webhooks of Shopify, signed with the app's client secret: {@link hmacWebhook} with `form: "shopify"`.
 *
 * Shopify signs the body alone. `c.var.webhook.unverified` has `topic`, `shop`, `apiVersion` and `triggeredAt` of the
 * headers: trust them no further than you trust whoever may have a copy of a webhook.
 *
 * @example
 * ```ts
 * import { glamMiddleware } from "@glam/shared/api";
 * import { shopifyWebhook, type WebhookVariables } from "@glam/shared/auth";
 * import { Hono } from "hono";
 *
 * const app = new Hono<{ Variables: WebhookVariables }>();
 * app.use(glamMiddleware());
 * app.post("/webhooks/shopify", shopifyWebhook({ secret: ["current", "previous"] }), (c) => {
 *   // await outbox.add(tx, WebhookReceived, { ... }, { key: c.var.webhook.id });
 *   return c.body(null, 200);
 * });
 *
 * console.log((await app.request("/webhooks/shopify", { method: "POST", body: "{}" })).status); // 401
 * ```
 *
 * @throws {TypeError} when an option is not what it should be.
 */
export function shopifyWebhook(options: ShopifyWebhookOptions): WebhookMiddleware {
  return hmacWebhook({ ...options, form: "shopify" });
}
