/** The subjects of the fleet's events and commands. */
export const Subjects = {
  CATALOG_PRODUCTS_STORED: "evt.catalog.products.stored.v1",
  CATALOG_SYNC_COMPLETED: "evt.catalog.sync.completed.v1",
  CATALOG_SYNC_REQUESTED: "cmd.catalog.sync.requested.v1",
  CREDIT_DEDUCTED: "evt.credit.deducted.v1",
  CREDIT_DEDUCTION_REQUESTED: "cmd.credit.deduction.requested.v1",
  EMAIL_SEND_BOUNCED: "evt.email.send.bounced.v1",
  EMAIL_SEND_BULK_COMPLETE: "evt.email.send.bulk.complete.v1",
  EMAIL_SEND_BULK_FAILED: "evt.email.send.bulk.failed.v1",
  EMAIL_SEND_BULK_REQUESTED: "cmd.email.send.bulk.requested.v1",
  EMAIL_SEND_BULK_STARTED: "evt.email.send.bulk.started.v1",
  EMAIL_SEND_COMPLETE: "evt.email.send.complete.v1",
  EMAIL_SEND_FAILED: "evt.email.send.failed.v1",
  EMAIL_SEND_REQUESTED: "cmd.email.send.requested.v1",
  MERCHANT_CREATED: "evt.merchant.created.v1",
  WEBHOOK_RECEIVED: "evt.webhook.received.v1",
} as const;
/** A subject of the fleet's events and commands. */
export type Subjects = typeof Subjects[keyof typeof Subjects];
