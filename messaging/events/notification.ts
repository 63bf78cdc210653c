import * as z from "zod";
import type { EventContract, WithDefaults } from "../contract/define_event.ts";
import { anyObject, count, email, event, nullable, time, timeOrNow, uuid } from "./_payload.ts";

/** Priority of an e-mail. */
export const EmailPriority = {
  /** After all others. */
  LOW: "low",
  /** In the order of arrival. */
  NORMAL: "normal",
  /** Before normal ones. */
  HIGH: "high",
  /** Immediately. */
  URGENT: "urgent",
} as const;
/** Priority of an e-mail. */
export type EmailPriority = typeof EmailPriority[keyof typeof EmailPriority];

/** An e-mail is to be sent. */
export interface EmailSendRequestedPayload {
  /** UUID of the merchant. */
  readonly merchant_id: string;
  /** Shop domain, 1 to 100 characters. */
  readonly merchant_domain: string;
  /** Kind of e-mail, 1 to 100 characters. */
  readonly email_type: string;
  /** An e-mail address. */
  readonly recipient_email: string;
  /** Variables of the template. */
  readonly extra_metadata: Readonly<Record<string, unknown>> | null;
}

/** Many e-mails are to be sent. */
export interface EmailSendBulkRequestedPayload {
  /** UUID of the merchant. */
  readonly merchant_id: string;
  /** Kind of e-mail, 1 to 100 characters. */
  readonly email_type: string;
  /** E-mail addresses. */
  readonly recipient_emails: readonly string[];
  /**
   * Variables of the template.
   * @default {}
   */
  readonly template_context: Readonly<Record<string, unknown>>;
  /**
   * Priority of the e-mails.
   * @default "normal"
   */
  readonly priority: EmailPriority;
  /** User or service that requested it; not empty. */
  readonly requested_by: string;
  /** Time to send them; `null` for immediately. */
  readonly send_at: string | null;
  /** Id of the job. */
  readonly bulk_job_id: string | null;
}

/** An e-mail has been sent. */
export interface EmailSendCompletePayload {
  /** UUID of the notification. */
  readonly notification_id: string;
  /** UUID of the merchant. */
  readonly merchant_id: string;
  /** Kind of e-mail. */
  readonly email_type: string;
  /** An e-mail address. */
  readonly recipient_email: string;
  /** E-mail provider that sent it. */
  readonly provider: string;
  /** Message id of the provider. */
  readonly provider_message_id: string | null;
  /**
   * When.
   * @default now
   */
  readonly sent_at: string;
}

/** An e-mail could not be sent. */
export interface EmailSendFailedPayload {
  /** UUID of the notification, where there is one yet. */
  readonly notification_id: string | null;
  /** UUID of the merchant. */
  readonly merchant_id: string;
  /** Name of the template. */
  readonly template_name: string;
  /** An e-mail address. */
  readonly recipient_email: string;
  /** Error message. */
  readonly error_message: string;
  /** Error code. */
  readonly error_code: string;
  /**
   * Number of retries so far, from 0.
   * @default 0
   */
  readonly retry_count: number;
  /**
   * Whether another retry follows.
   * @default false
   */
  readonly will_retry: boolean;
}

/** Many e-mails have been sent. */
export interface EmailSendBulkCompletePayload {
  /** UUID of the merchant. */
  readonly merchant_id: string;
  /** Kind of e-mail. */
  readonly email_type: string;
  /** Number of e-mails sent. */
  readonly total_sent: number;
  /** Number of e-mails not sent. */
  readonly total_failed: number;
  /**
   * When.
   * @default now
   */
  readonly sent_at: string;
  /** Additional facts about the job. */
  readonly details: Readonly<Record<string, unknown>> | null;
}

/** Many e-mails could not be sent. */
export interface EmailSendBulkFailedPayload {
  /** UUID of the merchant. */
  readonly merchant_id: string;
  /** Kind of e-mail. */
  readonly email_type: string;
  /** Error message. */
  readonly error_message: string;
  /** Error code. */
  readonly error_code: string;
  /**
   * Number of retries so far, from 0.
   * @default 0
   */
  readonly retry_count: number;
  /**
   * Whether another retry follows.
   * @default false
   */
  readonly will_retry: boolean;
  /** Addresses that no e-mail was sent to, where known. */
  readonly failed_recipients: readonly string[] | null;
}

const merchant_id = "6f1c2b7e-3a52-4d09-9a3e-5f8f0a1b2c3d";
const notification_id = "0b0f7f1e-9d4c-4b43-8a35-0d3f2a7b9c11";
const recipient_email = "ada@example.com";

/** `cmd.email.send.requested.v1`: send an e-mail. */
export const EmailSendRequested: EventContract<
  EmailSendRequestedPayload,
  WithDefaults<EmailSendRequestedPayload, "extra_metadata">,
  "cmd.email.send.requested.v1"
> = event("cmd.email.send.requested.v1", () => ({
  merchant_id: uuid(),
  merchant_domain: z.string().min(1).max(100),
  email_type: z.string().min(1).max(100),
  recipient_email: email(),
  extra_metadata: nullable(anyObject()),
}), {
  title: "E-mail requested",
  examples: [{ merchant_id, merchant_domain: "glow.myshopify.com", email_type: "welcome", recipient_email }],
});

/** `evt.email.send.complete.v1`: an e-mail has been sent. */
export const EmailSendComplete: EventContract<
  EmailSendCompletePayload,
  WithDefaults<EmailSendCompletePayload, "provider_message_id" | "sent_at">,
  "evt.email.send.complete.v1"
> = event("evt.email.send.complete.v1", () => ({
  notification_id: uuid(),
  merchant_id: uuid(),
  email_type: z.string(),
  recipient_email: email(),
  provider: z.string(),
  provider_message_id: nullable(z.string()),
  sent_at: timeOrNow(),
}), {
  title: "E-mail sent",
  examples: [{
    notification_id,
    merchant_id,
    email_type: "welcome",
    recipient_email,
    provider: "ses",
    provider_message_id: "0100018f",
    sent_at: "2025-06-01T12:00:00Z",
  }],
});

/** `evt.email.send.failed.v1`: an e-mail could not be sent. */
export const EmailSendFailed: EventContract<
  EmailSendFailedPayload,
  WithDefaults<EmailSendFailedPayload, "notification_id" | "retry_count" | "will_retry">,
  "evt.email.send.failed.v1"
> = event("evt.email.send.failed.v1", () => ({
  notification_id: nullable(uuid()),
  merchant_id: uuid(),
  template_name: z.string(),
  recipient_email: email(),
  error_message: z.string(),
  error_code: z.string(),
  retry_count: count().default(0),
  will_retry: z.boolean().default(false),
}), {
  title: "E-mail failed",
  examples: [{
    notification_id,
    merchant_id,
    template_name: "welcome",
    recipient_email,
    error_message: "The provider refused the address",
    error_code: "INVALID_RECIPIENT",
    retry_count: 1,
    will_retry: false,
  }],
});

/** `evt.email.send.bounced.v1`: an e-mail bounced. The Python package defines no payload: any object. */
export const EmailSendBounced: EventContract<
  Readonly<Record<string, unknown>>,
  Readonly<Record<string, unknown>>,
  "evt.email.send.bounced.v1"
> = event(
  "evt.email.send.bounced.v1",
  () => ({}),
  { title: "E-mail bounced", examples: [{ notification_id, recipient_email }] },
);

/** `cmd.email.send.bulk.requested.v1`: send many e-mails. */
export const EmailSendBulkRequested: EventContract<
  EmailSendBulkRequestedPayload,
  WithDefaults<EmailSendBulkRequestedPayload, "bulk_job_id" | "priority" | "send_at" | "template_context">,
  "cmd.email.send.bulk.requested.v1"
> = event("cmd.email.send.bulk.requested.v1", () => ({
  merchant_id: uuid(),
  email_type: z.string().min(1).max(100),
  recipient_emails: z.array(email()),
  template_context: anyObject().default({}),
  priority: z.enum(["low", "normal", "high", "urgent"]).default("normal"),
  requested_by: z.string().min(1),
  send_at: nullable(time()),
  bulk_job_id: nullable(z.string()),
}), {
  title: "Bulk e-mail requested",
  examples: [{
    merchant_id,
    email_type: "newsletter",
    recipient_emails: [recipient_email],
    template_context: { month: "June" },
    priority: "normal",
    requested_by: "marketing",
    send_at: "2025-06-01T12:00:00Z",
    bulk_job_id: "job_7",
  }],
});

/** `evt.email.send.bulk.started.v1`: many e-mails are being sent. The Python package defines no payload: any object. */
export const EmailSendBulkStarted: EventContract<
  Readonly<Record<string, unknown>>,
  Readonly<Record<string, unknown>>,
  "evt.email.send.bulk.started.v1"
> = event(
  "evt.email.send.bulk.started.v1",
  () => ({}),
  { title: "Bulk e-mail started", examples: [{ bulk_job_id: "job_7" }] },
);

/** `evt.email.send.bulk.complete.v1`: many e-mails have been sent. */
export const EmailSendBulkComplete: EventContract<
  EmailSendBulkCompletePayload,
  WithDefaults<EmailSendBulkCompletePayload, "details" | "sent_at">,
  "evt.email.send.bulk.complete.v1"
> = event("evt.email.send.bulk.complete.v1", () => ({
  merchant_id: uuid(),
  email_type: z.string(),
  total_sent: z.int(),
  total_failed: z.int(),
  sent_at: timeOrNow(),
  details: nullable(anyObject()),
}), {
  title: "Bulk e-mail sent",
  examples: [{
    merchant_id,
    email_type: "newsletter",
    total_sent: 99,
    total_failed: 1,
    sent_at: "2025-06-01T12:00:00Z",
  }],
});

/** `evt.email.send.bulk.failed.v1`: many e-mails could not be sent. */
export const EmailSendBulkFailed: EventContract<
  EmailSendBulkFailedPayload,
  WithDefaults<EmailSendBulkFailedPayload, "failed_recipients" | "retry_count" | "will_retry">,
  "evt.email.send.bulk.failed.v1"
> = event("evt.email.send.bulk.failed.v1", () => ({
  merchant_id: uuid(),
  email_type: z.string(),
  error_message: z.string(),
  error_code: z.string(),
  retry_count: count().default(0),
  will_retry: z.boolean().default(false),
  failed_recipients: nullable(z.array(email())),
}), {
  title: "Bulk e-mail failed",
  examples: [{
    merchant_id,
    email_type: "newsletter",
    error_message: "The provider does not answer",
    error_code: "PROVIDER_DOWN",
    retry_count: 3,
    will_retry: false,
    failed_recipients: [recipient_email],
  }],
});
