import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { startChild } from "../_support/child_process.ts";
import { startNats } from "../_support/nats_server.ts";
import { createTestDatabase } from "../_support/postgres.ts";
import { waitFor } from "../_support/wait_for.ts";

/** A span, as OTLP over HTTP has it in JSON. */
interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes?: readonly {
    readonly key: string;
    readonly value: { readonly stringValue?: string };
  }[];
  readonly status?: { readonly code?: number };
}

const KINDS = ["", "internal", "server", "client", "producer", "consumer"];

/** Collects spans, and the bodies of metrics, over OTLP. */
async function startCollector() {
  const spans: Span[] = [];
  let metrics = "";
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    if (request.url === "/v1/traces") {
      for (const { scopeSpans } of JSON.parse(body).resourceSpans) {
        for (const { spans: some } of scopeSpans) spans.push(...some);
      }
    } else if (request.url === "/v1/metrics") metrics += body;
    response.setHeader("Content-Type", "application/json").end("{}");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    spans,
    metrics: () => metrics,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const onDeno = "Deno" in globalThis;
const run = onDeno
  ? ["run", "--allow-all", "--no-check", "--quiet"]
  : ["--import", new URL("./_node_tracing.ts", import.meta.url).href];
const skip = "Bun" in globalThis && "OpenTelemetry has no instrumentation of Bun's server";

it("one request through HTTP, outbox, bus, listener and client is one trace", { skip }, async () => {
  await using collector = await startCollector();
  await using db = await createTestDatabase();
  await using nats = await startNats();
  const options = {
    database: { url: db.url, schema: db.schema },
    nats: { servers: nats.url, ...nats.account() },
  };
  const lines: Record<string, unknown>[] = [];
  await using child = startChild(process.execPath, [
    ...run,
    here("./_traced_child.ts"),
    JSON.stringify(options),
  ], {
    env: {
      ...process.env,
      OTEL_DENO: "true",
      OTEL_SERVICE_NAME: "orders",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: "100",
      OTEL_METRIC_EXPORT_INTERVAL: "100",
    },
    onLine: (line) => void (line.startsWith("{") && lines.push(JSON.parse(line))),
  });
  const logged = (message: string) =>
    child.reaches(() => lines.find((line) => line["message"] === message), `it logs "${message}"`);
  const { url } = (await logged("Service ready"))! as { readonly url?: string };

  assert.equal((await fetch(`${url}/orders/7`, { method: "POST" })).status, 200);
  await logged("Order handled");
  assert.equal((await fetch(`${url}/fail`)).status, 500);
  assert.equal((await fetch(`${url}/nowhere/7`)).status, 404);

  const ofKind = (kind: string) => collector.spans.filter((span) => KINDS[span.kind] === kind);
  const named = (name: string) => collector.spans.find((span) => span.name === name);
  const placed = await waitFor(
    () => named("POST /orders/{id}"),
    () => JSON.stringify(collector.spans.map((s) => s.name)),
  );
  const ofTrace = () => collector.spans.filter(({ traceId }) => traceId === placed!.traceId);
  const kindsAndNames = () => ofTrace().map(({ kind, name }) => `${KINDS[kind]} ${name}`);
  const expected = [
    "server POST /orders/{id}",
    "producer create evt.test.placed.v1",
    "producer send evt.test.placed.v1",
    "consumer process evt.test.placed.v1",
    "client GET",
    "server GET /stock/{id}",
  ];
  await waitFor(
    () => expected.every((each) => kindsAndNames().includes(each)),
    () => kindsAndNames().join("\n"),
  );

  const attribute = (span: Span | undefined, key: string) =>
    span?.attributes?.find((each) => each.key === key)?.value.stringValue;
  assert.equal(attribute(placed, "http.route"), "/orders/{id}");
  const failed = await waitFor(() => named("GET /fail"), "the failure is there");
  assert.deepEqual([attribute(failed, "error.type"), failed!.status?.code], ["500", 2]);
  const missed = await waitFor(
    () => ofKind("server").find((span) => JSON.stringify(span.attributes).includes("/nowhere/7")),
    "the request without a route is there",
  );
  assert.equal(attribute(missed, "http.route"), undefined);
  assert.equal(missed!.name, "GET");

  // Each span of the trace but the first has its parent in it: nothing is lost in between.
  const ids = new Set(ofTrace().map(({ spanId }) => spanId));
  assert.deepEqual(
    ofTrace().filter(({ parentSpanId = "" }) => !ids.has(parentSpanId)).map(({ name }) => name),
    [
      "POST /orders/{id}",
    ],
  );
  const handled = lines.find((line) => line["message"] === "Order handled");
  assert.equal(handled?.["trace_id"], placed!.traceId);
  if (onDeno) {
    await waitFor(
      () => /http\.server\.request\.duration[^]*\/stock\/\{id\}/.test(collector.metrics()),
      "its metrics have routes",
    );
  }
});
