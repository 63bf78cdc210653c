import * as z from "zod";
import type { EventContract, WithDefaults } from "../contract/define_event.ts";
import { anyObject, count, event, seconds, timeOrNow, uuid } from "./_payload.ts";

/** Extent of a catalog synchronisation. */
export const SyncType = {
  /** The whole catalog. */
  FULL: "full",
  /** Changes since the last synchronisation. */
  INCREMENTAL: "incremental",
} as const;
/** Extent of a catalog synchronisation. */
export type SyncType = typeof SyncType[keyof typeof SyncType];

/** A catalog is to be synchronised. */
export interface SyncRequestedPayload {
  /** UUID of the merchant. */
  readonly merchant_id: string;
  /** Extent of the synchronisation. */
  readonly sync_type: SyncType;
  /** User or service that requested it. */
  readonly requested_by: string;
  /**
   * System that has the catalog.
   * @default "shopify"
   */
  readonly platform: string;
  /**
   * Settings of the synchronisation.
   * @default {}
   */
  readonly config: Readonly<Record<string, unknown>> | null;
}

/** Products have been stored. */
export interface ProductsStoredPayload {
  /** UUID of the merchant. */
  readonly merchant_id: string;
  /** UUID of the synchronisation. */
  readonly sync_id: string;
  /** Number of new products, from 0. */
  readonly products_stored: number;
  /** Number of changed products, from 0. */
  readonly products_updated: number;
  /** Duration in seconds, from 0. */
  readonly storage_duration_seconds: number;
  /** System that has the catalog. */
  readonly platform: string;
}

/** A catalog has been synchronised. */
export interface SyncCompletedPayload {
  /** UUID of the merchant. */
  readonly merchant_id: string;
  /** UUID of the synchronisation. */
  readonly sync_id: string;
  /** Number of products in the catalog, from 0. */
  readonly total_products: number;
  /** Duration in seconds, from 0. */
  readonly sync_duration_seconds: number;
  /**
   * Time of completion.
   * @default now
   */
  readonly completed_at: string;
}

/** `cmd.catalog.sync.requested.v1`: synchronise a catalog. */
export const CatalogSyncRequested: EventContract<
  SyncRequestedPayload,
  WithDefaults<SyncRequestedPayload, "config" | "platform">,
  "cmd.catalog.sync.requested.v1"
> = event("cmd.catalog.sync.requested.v1", () => ({
  merchant_id: uuid(),
  sync_type: z.enum(["full", "incremental"]),
  requested_by: z.string(),
  platform: z.string().default("shopify"),
  config: anyObject().nullable().default({}),
}), {
  title: "Catalog sync requested",
  examples: [{
    merchant_id: "6f1c2b7e-3a52-4d09-9a3e-5f8f0a1b2c3d",
    sync_type: "full",
    requested_by: "scheduler",
    platform: "shopify",
    config: {},
  }],
});

/** `evt.catalog.products.stored.v1`: products have been stored. */
export const CatalogProductsStored: EventContract<
  ProductsStoredPayload,
  ProductsStoredPayload,
  "evt.catalog.products.stored.v1"
> = event(
  "evt.catalog.products.stored.v1",
  () => ({
    merchant_id: uuid(),
    sync_id: uuid(),
    products_stored: count(),
    products_updated: count(),
    storage_duration_seconds: seconds(),
    platform: z.string(),
  }),
  {
    title: "Products stored",
    examples: [{
      merchant_id: "6f1c2b7e-3a52-4d09-9a3e-5f8f0a1b2c3d",
      sync_id: "0b0f7f1e-9d4c-4b43-8a35-0d3f2a7b9c11",
      products_stored: 120,
      products_updated: 7,
      storage_duration_seconds: 3.2,
      platform: "shopify",
    }],
  },
);

/** `evt.catalog.sync.completed.v1`: a catalog has been synchronised. */
export const CatalogSyncCompleted: EventContract<
  SyncCompletedPayload,
  WithDefaults<SyncCompletedPayload, "completed_at">,
  "evt.catalog.sync.completed.v1"
> = event("evt.catalog.sync.completed.v1", () => ({
  merchant_id: uuid(),
  sync_id: uuid(),
  total_products: count(),
  sync_duration_seconds: seconds(),
  completed_at: timeOrNow(),
}), {
  title: "Catalog sync completed",
  examples: [{
    merchant_id: "6f1c2b7e-3a52-4d09-9a3e-5f8f0a1b2c3d",
    sync_id: "0b0f7f1e-9d4c-4b43-8a35-0d3f2a7b9c11",
    total_products: 127,
    sync_duration_seconds: 12.5,
    completed_at: "2025-06-01T12:00:00Z",
  }],
});
