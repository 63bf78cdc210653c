/**
 * The same routes on Fastify 5, with the usual parts of a service there: ids, context, the three headers, prom-client.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";
import { Writable } from "node:stream";
import Fastify from "fastify";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { rows } from "../endpoints/rows.ts";

const storage = new AsyncLocalStorage<{ requestId: string; correlationId: string }>();

/** Options of {@link listen}. */
export interface FastifyOptions {
  /** Whether parameters are validated by a schema, and answers written by it. */
  readonly hasSchema?: boolean;
  /** Whether pino writes one line for each request, with its ids, to a stream that discards it. */
  readonly logs?: boolean;
}

/** Serves on a free port, and gives it. */
export async function listen({ hasSchema = false, logs = false }: FastifyOptions = {}): Promise<number> {
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
  const stream = new Writable({ write: (_chunk, _encoding, done) => done() });
  const app = Fastify(logs ? { logger: { stream }, disableRequestLogging: true } : { logger: false });
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
    if (logs) {
      app.log.info({
        request_id: reply.getHeader("X-Request-ID"),
        correlation_id: reply.getHeader("X-Correlation-ID"),
        method: request.method,
        path: request.url,
        status: reply.statusCode,
        duration_ms: reply.elapsedTime,
      }, "Request completed");
    }
    done();
  });
  app.get<{ Params: { id: string } }>("/items/:id", hasSchema ? { schema: SCHEMA } : {}, async (request) => {
    const { requestId, correlationId } = storage.getStore()!;
    return await Promise.resolve({
      data: { id: request.params.id, name: "Lipstick", price: 12.5, tags: ["red", "matte"] },
      meta: { request_id: requestId, correlation_id: correlationId, timestamp: new Date().toISOString() },
    });
  });
  app.get("/rows", hasSchema ? { schema: ROWS_SCHEMA } : {}, async () => {
    const { requestId, correlationId } = storage.getStore()!;
    return await Promise.resolve({
      data: rows,
      meta: { request_id: requestId, correlation_id: correlationId, timestamp: new Date().toISOString() },
      pagination: { page: 1, limit: 50, total: 1000, pages: 20, has_next: true, has_previous: false },
      links: { self: "/rows?page=1&limit=50", next: "/rows?page=2&limit=50" },
    });
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  return (app.server.address() as AddressInfo).port;
}

const text = { type: "string" };
const int = { type: "integer" };
const bool = { type: "boolean" };
const META = {
  type: "object",
  properties: { request_id: text, correlation_id: text, timestamp: text },
};
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
        meta: META,
      },
    },
  },
};
const ROWS_SCHEMA = {
  querystring: {
    type: "object",
    properties: {
      page: { ...int, minimum: 1, default: 1 },
      limit: { ...int, minimum: 1, maximum: 1000, default: 50 },
    },
  },
  response: {
    200: {
      type: "object",
      properties: {
        data: {
          type: "array",
          items: {
            type: "object",
            properties: {
              id: int,
              operation_id: text,
              merchant_id: text,
              amount: int,
              balance_after: int,
              reason: text,
              created_at: { ...text, format: "date-time" },
            },
          },
        },
        meta: META,
        pagination: {
          type: "object",
          properties: { page: int, limit: int, total: int, pages: int, has_next: bool, has_previous: bool },
        },
        links: { type: "object", properties: { self: text, next: text } },
      },
    },
  },
};
