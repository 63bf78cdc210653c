/**
 * The same route on Fastify 5, with the usual parts of a service there: ids, context, the three headers, prom-client.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";
import Fastify from "fastify";
import { Counter, Gauge, Histogram, Registry } from "prom-client";

const storage = new AsyncLocalStorage<{ requestId: string; correlationId: string }>();

/** Serves on a free port, and gives it; with a schema, parameters are validated and answers written by it. */
export async function listen({ hasSchema = false }: { readonly hasSchema?: boolean } = {}): Promise<number> {
  const registry = new Registry();
  const registers = [registry];
  const total = new Counter({
    name: "http_requests_total",
    help: "Total HTTP requests",
    labelNames: ["service", "method", "endpoint", "status"],
    registers,
  });
  const duration = new Histogram({
    name: "http_request_duration_seconds",
    help: "HTTP request duration in seconds",
    labelNames: ["service", "method", "endpoint"],
    registers,
  });
  const inProgress = new Gauge({
    name: "http_requests_in_progress",
    help: "HTTP requests in progress",
    labelNames: ["service"],
    registers,
  });
  const app = Fastify({ logger: false });
  app.addHook("onRequest", (request, reply, done) => {
    const requestId = String(request.headers["x-request-id"] ?? `req_${randomBytes(6).toString("hex")}`);
    const correlationId = String(
      request.headers["x-correlation-id"] ?? `corr_${randomBytes(6).toString("hex")}`,
    );
    inProgress.inc({ service: "bench" });
    reply.header("X-Request-ID", requestId);
    reply.header("X-Correlation-ID", correlationId);
    reply.header("X-Service-Name", "bench");
    storage.run({ requestId, correlationId }, done);
  });
  app.addHook("onResponse", (request, reply, done) => {
    const labels = {
      service: "bench",
      method: request.method,
      endpoint: request.routeOptions.url ?? "unmatched",
    };
    total.inc({ ...labels, status: reply.statusCode });
    duration.observe(labels, reply.elapsedTime / 1000);
    inProgress.dec({ service: "bench" });
    done();
  });
  app.get<{ Params: { id: string } }>("/items/:id", hasSchema ? { schema: SCHEMA } : {}, async (request) => {
    const { requestId, correlationId } = storage.getStore()!;
    return await Promise.resolve({
      data: { id: request.params.id, name: "Lipstick", price: 12.5, tags: ["red", "matte"] },
      meta: { request_id: requestId, correlation_id: correlationId, timestamp: new Date().toISOString() },
    });
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  return (app.server.address() as AddressInfo).port;
}

const text = { type: "string" };
const SCHEMA = {
  params: { type: "object", required: ["id"], properties: { id: { ...text, minLength: 1, maxLength: 40 } } },
  response: {
    200: {
      type: "object",
      properties: {
        data: {
          type: "object",
          properties: {
            id: text,
            name: text,
            price: { type: "number" },
            tags: { type: "array", items: text },
          },
        },
        meta: { type: "object", properties: { request_id: text, correlation_id: text, timestamp: text } },
      },
    },
  },
};
