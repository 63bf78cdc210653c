import assert from "node:assert/strict";
import { it } from "node:test";
import { runWithContext } from "@glam/shared/context";
import { clientOf } from "./_support.ts";

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const context = {
  requestId: "req_1",
  correlationId: "corr_1",
  traceparent,
  tracestate: "vendor=1",
  baggage: "tenant=7",
};

/** The requests of a call that is sent twice. */
async function attempts(trusted: boolean): Promise<Headers[]> {
  const sent: Headers[] = [];
  const fetch = ({ headers }: Request) => {
    sent.push(headers);
    return sent.length === 1 ? new Response(null, { status: 503 }) : Response.json({ data: { id: "7" } });
  };
  const client = clientOf({ transport: { fetch }, trusted, headers: { "X-Request-ID": "req_mine" } });
  await runWithContext(context, () => client.GetItem({ params: { id: "7" } }));
  return sent;
}

it("each attempt has the ids, the trace and a span of its own; what is given wins", async () => {
  const sent = await attempts(false);
  const traces = sent.map((headers) => headers.get("traceparent")!.split("-"));
  assert.deepEqual(traces.map(([, trace]) => trace), Array(2).fill("0af7651916cd43dd8448eb211c80319c"));
  assert.equal(new Set([traceparent.split("-")[2], ...traces.map(([, , span]) => span)]).size, 3);
  for (const headers of sent) {
    assert.deepEqual([headers.get("x-correlation-id"), headers.get("x-request-id")], ["corr_1", "req_mine"]);
  }
});

it("trace state and baggage go to trusted services only", async () => {
  for (const trusted of [true, false]) {
    for (const headers of await attempts(trusted)) {
      const given = [headers.get("tracestate"), headers.get("baggage")];
      assert.deepEqual(given, trusted ? ["vendor=1", "tenant=7"] : [null, null]);
    }
  }
});
