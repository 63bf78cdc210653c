import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as messaging from "@glam/shared/messaging";
import {
  CatalogSyncCompleted,
  CatalogSyncRequested,
  CreditDeducted,
  CreditDeductionRequested,
  decodeEvent,
  defineEvent,
  defineRequest,
  EmailPriority,
  EmailSendBounced,
  EmailSendBulkRequested,
  EmailSendComplete,
  EmailSendFailed,
  EmailSendRequested,
  type EventContract,
  ExternalSource,
  MerchantCreated,
  STREAM_CONFIGS,
  Streams,
  Subjects,
  SyncType,
  WebhookReceived,
} from "@glam/shared/messaging";
import * as z from "zod";

const uuid = "6f1c2b7e-3a52-4d09-9a3e-5f8f0a1b2c3d";

/** Every contract of the package. */
const contracts = Object.values(messaging).filter((value) =>
  typeof value === "object" && value !== null && "subject" in value && "version" in value
) as unknown as EventContract[];

describe("defineEvent", () => {
  for (
    const subject of [
      "",
      "evt",
      "evt.",
      "log.thing.v1",
      "evt.*.v1",
      "evt.>",
      "evt.a b",
      "evt..v1",
      "evt.a\r\n",
    ]
  ) {
    it(`refuses the subject ${JSON.stringify(subject)}`, () => {
      assert.throws(() => defineEvent(subject, z.object({})), TypeError);
    });
  }

  it("reads the version of the schema from the subject", () => {
    assert.equal(defineEvent("evt.thing.done.v12", z.object({})).version, 12);
    assert.equal(defineEvent("evt.thing.done", z.object({})).version, 1);
  });

  it("leaves requests to defineRequest, on rpc. alone", () => {
    const schemas = { request: z.object({}), response: z.object({}) };
    assert.equal(defineRequest("rpc.thing.v1", schemas).subject, "rpc.thing.v1");
    for (const subject of ["evt.thing.v1", "rpc.*", "rpc."]) {
      assert.throws(() => defineRequest(subject, schemas), TypeError);
    }
  });
});

describe("the events of the Python package", () => {
  it("are one contract for each subject", () => {
    assert.deepEqual(contracts.map(({ subject }) => subject).sort(), Object.values(Subjects).sort());
    assert.equal(contracts.length, 15);
  });

  for (const contract of contracts) {
    it(`${contract.subject} accepts its examples, and what it makes of them`, () => {
      assert.ok(contract.examples!.length > 0);
      for (const example of contract.examples!) {
        const once = contract.schema.parse(example);
        assert.deepEqual(contract.schema.parse(JSON.parse(JSON.stringify(once))), once);
      }
    });

    it(`${contract.subject} keeps fields that it does not know`, () => {
      const data = { ...contract.examples![0] as object, added_later: { deep: [1] } };
      assert.deepEqual((contract.schema.parse(data) as typeof data).added_later, { deep: [1] });
    });
  }

  it("have subjects of several tokens, which the streams cover", () => {
    assert.deepEqual(STREAM_CONFIGS.map(({ name, subjects }) => [name, subjects]), [
      ["GLAM_EVENTS", ["evt.>", "cmd.>"]],
      ["GLAM_DLQ", ["dlq.>"]],
    ]);
    assert.deepEqual(Streams, { EVENTS: "GLAM_EVENTS", DLQ: "GLAM_DLQ" });
    assert.deepEqual(STREAM_CONFIGS.map(({ maxAgeMs, maxMessages }) => [maxAgeMs, maxMessages]), [
      [24 * 3_600_000, 1_000_000],
      [168 * 3_600_000, 100_000],
    ]);
  });

  it("have the enums with their values", () => {
    assert.deepEqual(SyncType, { FULL: "full", INCREMENTAL: "incremental" });
    assert.deepEqual(ExternalSource, { SHOPIFY: "shopify", STRIPE: "stripe" });
    assert.deepEqual(EmailPriority, { LOW: "low", NORMAL: "normal", HIGH: "high", URGENT: "urgent" });
  });

  it("fill in defaults", () => {
    const sync = CatalogSyncRequested.schema.parse({
      merchant_id: uuid,
      sync_type: "full",
      requested_by: "me",
    });
    assert.deepEqual([sync.platform, sync.config], ["shopify", {}]);
    const before = Date.now();
    const done = CatalogSyncCompleted.schema.parse({
      merchant_id: uuid,
      sync_id: uuid,
      total_products: 0,
      sync_duration_seconds: 0,
    });
    assert.match(done.completed_at, /Z$/);
    assert.ok(Date.parse(done.completed_at) >= before - 1 && Date.parse(done.completed_at) <= Date.now());
    const failed = EmailSendFailed.schema.parse({
      merchant_id: uuid,
      template_name: "t",
      recipient_email: "ada@example.com",
      error_message: "",
      error_code: "",
    });
    assert.deepEqual([failed.notification_id, failed.retry_count, failed.will_retry], [null, 0, false]);
    const bulk = EmailSendBulkRequested.schema.parse({
      merchant_id: uuid,
      email_type: "t",
      recipient_emails: [],
      requested_by: "me",
    });
    assert.deepEqual([bulk.template_context, bulk.priority, bulk.send_at, bulk.bulk_job_id], [
      {},
      "normal",
      null,
      null,
    ]);
    const hook = WebhookReceived.schema.parse({
      webhook_id: uuid,
      merchant_id: uuid,
      source: "stripe",
      event_type: "a",
      payload: {},
    });
    assert.equal(hook.verified, true);
  });

  const bad: readonly [EventContract, string, unknown][] = [
    [CreditDeducted as EventContract, "credits_deducted", 0],
    [CreditDeducted as EventContract, "credits_deducted", 1.5],
    [CreditDeducted as EventContract, "previous_balance", -1],
    [CreditDeducted as EventContract, "operation_id", "not-a-uuid"],
    [CreditDeductionRequested as EventContract, "credits_to_deduct", -3],
    [CatalogSyncRequested as EventContract, "sync_type", "partial"],
    [CatalogSyncCompleted as EventContract, "sync_duration_seconds", -0.1],
    [CatalogSyncCompleted as EventContract, "completed_at", "yesterday"],
    [CatalogSyncCompleted as EventContract, "completed_at", "2025-13-01T00:00:00Z"],
    [MerchantCreated as EventContract, "contact_email", "nobody"],
    [EmailSendRequested as EventContract, "merchant_domain", ""],
    [EmailSendRequested as EventContract, "merchant_domain", "x".repeat(101)],
    [EmailSendRequested as EventContract, "email_type", "x".repeat(101)],
    [EmailSendBulkRequested as EventContract, "requested_by", ""],
    [EmailSendBulkRequested as EventContract, "recipient_emails", ["ada@example.com", "nobody"]],
    [EmailSendBulkRequested as EventContract, "priority", "soon"],
    [EmailSendFailed as EventContract, "retry_count", -1],
    [WebhookReceived as EventContract, "source", "paypal"],
    [WebhookReceived as EventContract, "payload", "text"],
    [EmailSendBounced as EventContract, "", undefined],
  ];
  for (const [contract, field, value] of bad) {
    if (field === "") continue;
    it(`${contract.subject} refuses ${field} = ${JSON.stringify(value)?.slice(0, 40)}`, () => {
      const result = contract.schema.safeParse({ ...contract.examples![0] as object, [field]: value });
      assert.equal(result.success, false);
      assert.ok(
        result.error!.issues.every(({ path }) => path[0] === field),
        JSON.stringify(result.error!.issues),
      );
    });
  }

  for (
    const id of [
      uuid.toUpperCase(),
      "00000000-0000-0000-0000-000000000000",
      "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
      uuid.replaceAll("-", ""),
      `{${uuid}}`,
      `urn:uuid:${uuid}`,
    ]
  ) {
    it(`take the UUID ${id}`, () => {
      const data = { ...CreditDeducted.examples![0]!, merchant_id: id };
      assert.equal(CreditDeducted.schema.parse(data).merchant_id, id);
    });
  }

  for (
    const at of [
      "2025-06-01T12:00:00.123456+00:00",
      "2025-06-01T12:00:00+05:30",
      "2025-06-01T12:00:00Z",
      "2025-06-01T12:00:00.123456",
      "2025-06-01 12:00:00+00:00",
    ]
  ) {
    it(`take the time ${at}`, () => {
      const data = { ...EmailSendComplete.examples![0]!, sent_at: at };
      assert.equal(EmailSendComplete.schema.parse(data).sent_at, at);
    });
  }
});

describe("decodeEvent", () => {
  const data = CreditDeducted.examples![0]!;
  const decode = (body: unknown) =>
    decodeEvent(
      CreditDeducted,
      new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body)),
    );

  it("reads what Python publishes, with null ids and fields of its own", () => {
    const { event, error } = decode({
      event_id: uuid,
      event_type: "evt.credit.deducted.v1",
      correlation_id: null,
      timestamp: "2025-06-01T12:00:00.123456+00:00",
      source_service: "credits",
      data,
      metadata: {},
      schema: 1,
    });
    assert.equal(error, undefined);
    assert.deepEqual(event?.data, data);
    assert.equal(event?.correlation_id, null);
    assert.equal((event as unknown as { schema: number }).schema, 1);
  });

  it("fills in what an older publisher left out", () => {
    const { event } = decode({ event_id: uuid, timestamp: "2025-06-01T12:00:00Z", data });
    assert.deepEqual(
      [event?.event_type, event?.correlation_id, event?.source_service, event?.metadata],
      ["evt.credit.deducted.v1", null, null, {}],
    );
  });

  for (
    const [what, body, field] of [
      ["text that is not JSON", "{", undefined],
      ["bytes that are not UTF-8", "\ud800", undefined],
      ["an array", [], undefined],
      ["null", "null", undefined],
      ["no id", { timestamp: "t", data }, "event_id"],
      ["an empty id", { event_id: "", timestamp: "t", data }, "event_id"],
      ["no time", { event_id: uuid, data }, "timestamp"],
      ["no data", { event_id: uuid, timestamp: "t" }, "data"],
      ["data that break the contract", { event_id: uuid, timestamp: "t", data: {} }, "data.merchant_id"],
    ] as [string, unknown, string | undefined][]
  ) {
    it(`says what is wrong with ${what}`, () => {
      const { event, error } = decode(body);
      assert.equal(event, undefined);
      assert.equal(error?.code, "VALIDATION_ERROR");
      const issues = error?.details["validation_errors"] as { field: string }[] | undefined;
      assert.equal(issues?.[0]?.field, field);
    });
  }
});
