import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  addCorrelationToEvent,
  extractCorrelationFromEvent,
  generateIdempotencyKey,
  parseTraceparent,
  propagationHeaders,
  runWithContext,
} from "@glam/shared/context";

const context = {
  service: "catalog",
  requestId: "req_1",
  correlationId: "corr_1",
  traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01`,
  tracestate: "foo=1",
  baggage: "k=v",
};

describe("propagationHeaders", () => {
  it("adds ids and trace, but what third parties wrote only for a trusted peer", () => {
    runWithContext(context, () => {
      const headers = propagationHeaders();
      assert.equal(headers.get("x-request-id"), "req_1");
      assert.equal(headers.get("x-correlation-id"), "corr_1");
      assert.equal(headers.has("tracestate"), false);
      assert.equal(headers.has("baggage"), false);
      const trusted = propagationHeaders({}, { trusted: true });
      assert.equal(trusted.get("tracestate"), "foo=1");
      assert.equal(trusted.get("baggage"), "k=v");
    });
  });

  it("never throws: what no header may hold, or no receiver takes, is left out", () => {
    for (const id of ["日本", "a b", "<script>", 'a"b', "a\ud800"]) {
      runWithContext({ requestId: id, correlationId: id, baggage: "a=日本" }, () => {
        assert.deepEqual([...propagationHeaders({}, { trusted: true }).keys()], ["traceparent"]);
      });
    }
  });

  it("keeps trace id and flags, with a new parent id for each call", () => {
    runWithContext(context, () => {
      const parents = Array.from(
        { length: 3 },
        () => parseTraceparent(propagationHeaders().get("traceparent")!)!,
      );
      assert.deepEqual(
        new Set(parents.map(({ traceId, flags }) => `${traceId} ${flags}`)),
        new Set([`${"a".repeat(32)} 1`]),
      );
      assert.equal(new Set(parents.map(({ parentId }) => parentId)).size, 3);
      assert.ok(parents.every(({ parentId }) => parentId !== "b".repeat(16)));
    });
  });

  it("keeps headers that are there already, and does not change the object given", () => {
    runWithContext(context, () => {
      const given = new Headers({ "x-request-id": "mine", accept: "text/plain", traceparent: "theirs" });
      const headers = propagationHeaders(given, { trusted: true });
      assert.equal(headers.get("x-request-id"), "mine");
      assert.equal(headers.get("accept"), "text/plain");
      assert.equal(headers.get("traceparent"), "theirs");
      assert.equal(headers.has("tracestate"), false, "a tracestate belongs to its traceparent");
      assert.equal(given.has("x-correlation-id"), false);
    });
  });

  it("adds nothing outside of a request", () => {
    assert.deepEqual([...propagationHeaders({ accept: "a/b" })], [["accept", "a/b"]]);
  });

  it("lets an active OpenTelemetry span win", () => {
    const key = Symbol.for("opentelemetry.js.api.1");
    const spanKey = Symbol.for("OpenTelemetry Context Key SPAN");
    const span = {
      spanContext: () => ({
        traceId: "c".repeat(32),
        spanId: "d".repeat(16),
        traceFlags: 1,
        traceState: { serialize: () => "otel=1" },
      }),
    };
    const api = {
      context: { active: () => ({ getValue: (k: symbol) => k === spanKey ? span : undefined }) },
    };
    const globals = globalThis as { [key]?: unknown };
    const previous = globals[key];
    globals[key] = api;
    try {
      runWithContext(context, () => {
        const headers = propagationHeaders({}, { trusted: true });
        assert.equal(headers.get("traceparent"), `00-${"c".repeat(32)}-${"d".repeat(16)}-01`);
        assert.equal(headers.get("tracestate"), "otel=1");
        assert.equal(propagationHeaders().has("tracestate"), false);
      });
    } finally {
      globals[key] = previous;
    }
  });
});

describe("addCorrelationToEvent", () => {
  it("writes the top level and the metadata of a copy", () => {
    const event = { data: 1, metadata: { source: "x" } };
    const result = runWithContext(context, () => addCorrelationToEvent(event));
    assert.deepEqual(result, {
      data: 1,
      correlation_id: "corr_1",
      metadata: { source: "x", correlation_id: "corr_1" },
    });
    assert.deepEqual(event, { data: 1, metadata: { source: "x" } });
  });

  it("takes events without metadata, or with null", () => {
    runWithContext(context, () => {
      assert.deepEqual(addCorrelationToEvent({}).metadata, { correlation_id: "corr_1" });
      assert.deepEqual(addCorrelationToEvent({ metadata: null }).metadata, { correlation_id: "corr_1" });
    });
  });

  it("copies an event unchanged outside of a request", () => {
    const event = { data: 1 };
    const copy = addCorrelationToEvent(event);
    assert.deepEqual(copy, event);
    assert.notEqual(copy, event);
  });
});

describe("extractCorrelationFromEvent", () => {
  it("reads the top level first, then the metadata", () => {
    assert.equal(
      extractCorrelationFromEvent({ correlation_id: "a", metadata: { correlation_id: "b" } }),
      "a",
    );
    assert.equal(
      extractCorrelationFromEvent({ correlation_id: null, metadata: { correlation_id: "b" } }),
      "b",
    );
  });

  it("is undefined where there is none, whatever the event is", () => {
    for (
      const event of [
        {},
        { metadata: null },
        null,
        undefined,
        7,
        "x",
        { correlation_id: 7 },
        {
          correlation_id: "",
        },
        { correlation_id: "a\r\nb" },
        { correlation_id: "a b", metadata: { correlation_id: "日本" } },
      ]
    ) {
      assert.equal(extractCorrelationFromEvent(event), undefined);
    }
  });
});

describe("generateIdempotencyKey", () => {
  it("joins system, operation and id, and an extra part", () => {
    assert.equal(generateIdempotencyKey("SHOPIFY", "ORDER", "123456"), "SHOPIFY_ORDER_123456");
    assert.equal(
      generateIdempotencyKey("stripe", "pay-ment.v2", "pi_abc123"),
      "STRIPE_PAY_MENT_V2_pi_abc123",
    );
    assert.equal(
      generateIdempotencyKey("SHOPIFY", "ORDER", 123, "test-store"),
      "SHOPIFY_ORDER_123_TEST_STORE",
    );
    assert.equal(generateIdempotencyKey("s", "o", 1n, ""), "S_O_1");
  });
});
