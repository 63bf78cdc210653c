import type { WebhookForm } from "./webhook_form.ts";

/** A list of a header that may be absent. */
function listOf(value: string | null): readonly string[] {
  return value === null ? [] : [value];
}

/**
 * Shopify signs the body alone.
 *
 * @see https://shopify.dev/docs/apps/build/webhooks/subscribe/https
 */
export const shopify: WebhookForm = {
  name: "shopify",
  encoding: "base64",
  signatures: (headers) => listOf(headers.get("x-shopify-hmac-sha256")),
  id: (headers) => headers.get("x-shopify-webhook-id") ?? undefined,
  unverified: (headers) => ({
    topic: headers.get("x-shopify-topic") ?? undefined,
    shop: headers.get("x-shopify-shop-domain") ?? undefined,
    apiVersion: headers.get("x-shopify-api-version") ?? undefined,
    triggeredAt: headers.get("x-shopify-triggered-at") ?? undefined,
  }),
};

/**
 * GitHub signs the body alone.
 *
 * @see https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 */
export const github: WebhookForm = {
  name: "github",
  encoding: "hex",
  signatures: (headers) =>
    listOf(headers.get("x-hub-signature-256")).filter((value) => value.startsWith("sha256="))
      .map((value) => value.slice("sha256=".length)),
  id: (headers) => headers.get("x-github-delivery") ?? undefined,
  unverified: (headers) => ({
    topic: headers.get("x-github-event") ?? undefined,
    hookId: headers.get("x-github-hook-id") ?? undefined,
  }),
};

/**
 * Stripe signs the time and the body, with each secret that is valid.
 *
 * @see https://docs.stripe.com/webhooks#verify-manually
 */
export const stripe: WebhookForm = {
  name: "stripe",
  encoding: "hex",
  signatures: (headers) => stripeValues(headers, "v1"),
  signed: (headers, body) => [`${stripeValues(headers, "t")[0] ?? ""}.`, body],
  signedAt: (headers) => {
    const [time, ...others] = stripeValues(headers, "t");
    return time !== undefined && others.length === 0 && /^\d{1,12}$/.test(time) ? Number(time) : NaN;
  },
  id: (_headers, body) => {
    try {
      const { id } = JSON.parse(new TextDecoder().decode(body)) as { id?: unknown };
      return typeof id === "string" ? id : undefined;
    } catch {
      return undefined;
    }
  },
};

/** The values of `t=1,v1=a,v1=b` with this name. */
function stripeValues(headers: Headers, name: string): readonly string[] {
  const parts = (headers.get("stripe-signature") ?? "").split(",").map((part) => part.trim());
  return parts.filter((part) => part.startsWith(`${name}=`)).map((part) => part.slice(name.length + 1));
}
