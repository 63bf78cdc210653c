import assert from "node:assert/strict";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { describe, it } from "node:test";
import {
  getContext,
  getCorrelationId,
  getRequestId,
  parseTraceparent,
  runWithContext,
  setContext,
} from "@glam/shared/context";

describe("runWithContext", () => {
  it("has no context outside", () => {
    assert.equal(getContext(), undefined);
    assert.equal(getRequestId(), undefined);
    assert.equal(getCorrelationId(), undefined);
  });

  it("carries the context across awaits and timers, and returns what the function returns", async () => {
    const result = await runWithContext(
      { service: "s", requestId: "req_1", correlationId: "corr_1" },
      async () => {
        await delay(1);
        assert.equal(getRequestId(), "req_1");
        assert.equal(getCorrelationId(), "corr_1");
        return 7;
      },
    );
    assert.equal(result, 7);
    assert.equal(getContext(), undefined);
  });

  it("makes the ids, the trace and the service name that are left out", () => {
    runWithContext({}, () => {
      const context = getContext()!;
      assert.match(context.requestId, /^req_[0-9a-f]{12}$/);
      assert.match(context.correlationId, /^corr_[0-9a-f]{12}$/);
      assert.equal(parseTraceparent(context.traceparent!)?.flags, 2, "unsampled, with a random trace id");
      assert.equal(context.service, process.env.SERVICE_NAME ?? "glam-service");
    });
  });

  it("refuses ids that could add a line to what is written with them", () => {
    for (
      const id of [
        "a\nb",
        "a\r\nX-Admin: 1",
        "\u0000",
        "\u001b[31m",
        "a\u2028b",
        "\u0085",
        "",
        "x".repeat(129),
      ]
    ) {
      for (const init of [{ requestId: id }, { correlationId: id }]) {
        assert.throws(() => runWithContext(init, () => assert.fail("it ran")), {
          name: "TypeError",
          message:
            /^Expected `(request|correlation)Id` to be 1 to 128 characters without control characters, got "/,
        });
      }
    }
    assert.throws(() => runWithContext({ requestId: 7 as never }, () => {}), TypeError);
  });

  it("takes trace headers as far as they are legal", () => {
    const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
    runWithContext({ traceparent, tracestate: "a=1\n", baggage: "a=1\r\nX: 1,b=2" }, () => {
      const { tracestate, baggage } = getContext()!;
      assert.deepEqual([getContext()!.traceparent, tracestate, baggage], [traceparent, undefined, "b=2"]);
    });
    runWithContext({ traceparent: `${traceparent}\r\nX: 1`, tracestate: "a=1" }, () => {
      assert.notEqual(getContext()!.traceparent, undefined);
      assert.doesNotMatch(getContext()!.traceparent!, /a{32}|\n/);
      assert.equal(getContext()!.tracestate, undefined, "a tracestate belongs to its traceparent");
    });
  });

  it("copies the object that it is given", () => {
    const given = { service: "s", requestId: "req_1" };
    runWithContext(given, () => setContext({ userId: "u" }));
    assert.deepEqual(given, { service: "s", requestId: "req_1" });
  });

  it("keeps 1,000 concurrent contexts apart", async () => {
    await Promise.all(
      Array.from(
        { length: 1000 },
        (_, i) =>
          runWithContext({ service: "s", requestId: `req_${i}` }, async () => {
            setContext({ merchantId: `m_${i}` });
            for (let round = 0; round < 5; round++) {
              await delay(Math.random() * 5);
              assert.equal(getRequestId(), `req_${i}`);
              assert.equal(getContext()?.merchantId, `m_${i}`);
            }
          }),
      ),
    );
  });
});

describe("setContext", () => {
  it("adds tenant and user to the current context, and ignores what is undefined", () => {
    runWithContext({ service: "s" }, () => {
      setContext({ merchantId: "m", merchantDomain: "m.example.com", userId: "u", sourceService: "web" });
      setContext({ userId: undefined });
      const { merchantId, merchantDomain, userId, sourceService } = getContext()!;
      assert.deepEqual([merchantId, merchantDomain, userId, sourceService], [
        "m",
        "m.example.com",
        "u",
        "web",
      ]);
    });
  });

  it("cannot change the ids", () => {
    runWithContext({ service: "s", requestId: "req_1" }, () => {
      setContext({ requestId: "req_2" } as never);
      assert.equal(getRequestId(), "req_1");
    });
  });

  it("throws a TypeError outside of a context", () => {
    assert.throws(() => setContext({ userId: "u" }), {
      name: "TypeError",
      message: "Cannot set context: there is no current request; use glamMiddleware() or runWithContext()",
    });
  });
});
