/**
 * The applications that are compared: one route each, which send the same body and headers.
 *
 * @module
 */
import { glamMiddleware, success } from "@glam/shared/api";
import { makeCorrelationId, makeRequestId } from "@glam/shared/context";
import { type Context, Hono } from "hono";

/** The part of an application that answers requests. */
export interface App {
  request(path: string): Response | Promise<Response>;
  fetch(request: Request, ...rest: never[]): Response | Promise<Response>;
}

/**
 * The floor: a hand-written route that sends the same body and headers, without metrics, context, error mapping or checks.
 * Ids are taken from the request, or generated as this package does.
 */
export function createFloor(): App {
  return createByHand(({ req: { raw: { headers } } }) => ({
    requestId: headers.get("X-Request-ID") ?? makeRequestId(),
    correlationId: headers.get("X-Correlation-ID") ?? makeCorrelationId(),
  }));
}

/** The floor with constant ids, which no real service sends. */
export function createFixed(): App {
  const ids = { requestId: "req_0123456789ab", correlationId: "corr_0123456789ab" };
  return createByHand(() => ids);
}

interface Ids {
  readonly requestId: string;
  readonly correlationId: string;
}

function createByHand(idsOf: (c: Context) => Ids): App {
  const app = new Hono();
  app.get("/items/:id", (c) => {
    const { requestId, correlationId } = idsOf(c);
    const response = c.body(
      JSON.stringify({
        data: { id: c.req.param("id"), name: "Lipstick", price: 12.5, tags: ["red", "matte"] },
        meta: { request_id: requestId, correlation_id: correlationId, timestamp: new Date().toISOString() },
      }),
      200,
      { "Content-Type": "application/json" },
    );
    response.headers.set("X-Request-ID", requestId);
    response.headers.set("X-Correlation-ID", correlationId);
    response.headers.set("X-Service-Name", "bench");
    return response;
  });
  return app;
}

/** The same route on `glamMiddleware`, without the access log, which is measured separately. */
export function createGlam(): App {
  return createGlamWith({ accessLog: false });
}

/** The same with the access log, as JSON lines that are discarded. */
export async function createGlamLogging(): Promise<App> {
  const { createLogger } = await import("@glam/shared/logging");
  return createGlamWith({ logger: createLogger("bench", { format: "json", sink: () => {} }) });
}

function createGlamWith(options: Parameters<typeof glamMiddleware>[0]): App {
  const app = new Hono();
  app.use(glamMiddleware({ service: "bench", ...options }));
  app.get(
    "/items/:id",
    (c) => success(c, { id: c.req.param("id"), name: "Lipstick", price: 12.5, tags: ["red", "matte"] }),
  );
  return app;
}
