import * as z from "zod";
import type { EventContract, WithDefaults } from "../contract/define_event.ts";
import { anyObject, email, event, timeOrNow, uuid } from "./_payload.ts";

/** Systems that send webhooks. */
export const ExternalSource = {
  /** Shopify. */
  SHOPIFY: "shopify",
  /** Stripe. */
  STRIPE: "stripe",
} as const;
/** A system that sends webhooks. */
export type ExternalSource = typeof ExternalSource[keyof typeof ExternalSource];

/** A merchant was created. */
export interface MerchantCreatedPayload {
  /** UUID of the merchant. */
  readonly merchant_id: string;
  /** Shop domain. */
  readonly merchant_domain: string;
  /** Name of the business. */
  readonly business_name: string;
  /** An e-mail address. */
  readonly contact_email: string;
  /** User or service that created it. */
  readonly created_by: string;
  /**
   * Time of creation.
   * @default now
   */
  readonly created_at: string;
}

/** A webhook was received. */
export interface WebhookReceivedPayload {
  /** UUID of the webhook. */
  readonly webhook_id: string;
  /** UUID of the merchant. */
  readonly merchant_id: string;
  /** System that sent it. */
  readonly source: ExternalSource;
  /** Topic of the webhook, as the sender names it: `orders/create`. */
  readonly event_type: string;
  /** Its body. */
  readonly payload: Readonly<Record<string, unknown>>;
  /**
   * Time of receipt.
   * @default now
   */
  readonly received_at: string;
  /**
   * Whether its signature was valid.
   * @default true
   */
  readonly verified: boolean;
}

/** `evt.merchant.created.v1`: a merchant was created. */
export const MerchantCreated: EventContract<
  MerchantCreatedPayload,
  WithDefaults<MerchantCreatedPayload, "created_at">,
  "evt.merchant.created.v1"
> = event("evt.merchant.created.v1", () => ({
  merchant_id: uuid(),
  merchant_domain: z.string(),
  business_name: z.string(),
  contact_email: email(),
  created_by: z.string(),
  created_at: timeOrNow(),
}), {
  title: "Merchant created",
  examples: [{
    merchant_id: "6f1c2b7e-3a52-4d09-9a3e-5f8f0a1b2c3d",
    merchant_domain: "glow.myshopify.com",
    business_name: "Glow",
    contact_email: "owner@glow.example",
    created_by: "onboarding",
    created_at: "2025-06-01T12:00:00Z",
  }],
});

/** `evt.webhook.received.v1`: a webhook was received. */
export const WebhookReceived: EventContract<
  WebhookReceivedPayload,
  WithDefaults<WebhookReceivedPayload, "received_at" | "verified">,
  "evt.webhook.received.v1"
> = event("evt.webhook.received.v1", () => ({
  webhook_id: uuid(),
  merchant_id: uuid(),
  source: z.enum(["shopify", "stripe"]),
  event_type: z.string(),
  payload: anyObject(),
  received_at: timeOrNow(),
  verified: z.boolean().default(true),
}), {
  title: "Webhook received",
  examples: [{
    webhook_id: "0b0f7f1e-9d4c-4b43-8a35-0d3f2a7b9c11",
    merchant_id: "6f1c2b7e-3a52-4d09-9a3e-5f8f0a1b2c3d",
    source: "shopify",
    event_type: "orders/create",
    payload: { id: 1 },
    received_at: "2025-06-01T12:00:00Z",
    verified: true,
  }],
});
