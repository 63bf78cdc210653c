/**
 * The applications that are compared: one route each, which send the same body and headers.
 *
 * @module
 */
import { glamMiddleware, success } from "@glam/shared/api";
import { Hono } from "hono";
import { AsyncLocalStorage } from "node:async_hooks";

/** The part of an application that answers requests. */
export interface App {
  request(path: string): Response | Promise<Response>;
  fetch(request: Request, ...rest: never[]): Response | Promise<Response>;
}

/** The floor: what one would write by hand for this one route, without metrics, context, error mapping or checks. */
export function createFloor(): App {
  const app = new Hono();
  addFloorRoute(app);
  return app;
}

/**
 * The floor behind what no middleware with a context can leave out: it reads the caller's ids and trace, and runs the
 * route in an `AsyncLocalStorage`. It makes no id, counts nothing and knows no error.
 */
export function createLeast(): App {
  const app = new Hono();
  const storage = new AsyncLocalStorage<object>();
  app.use((c, next) => {
    const { headers } = c.req.raw;
    const context = {
      requestId: headers.get("x-request-id"),
      correlationId: headers.get("x-correlation-id"),
      traceparent: headers.get("traceparent"),
      baggage: headers.get("baggage"),
    };
    return storage.run(context, next);
  });
  addFloorRoute(app);
  return app;
}

function addFloorRoute(app: Hono): void {
  app.get("/items/:id", (c) => {
    const response = c.body(
      JSON.stringify({
        data: { id: c.req.param("id"), name: "Lipstick", price: 12.5, tags: ["red", "matte"] },
        meta: {
          request_id: "req_0123456789ab",
          correlation_id: "corr_0123456789ab",
          timestamp: new Date().toISOString(),
        },
      }),
      200,
      { "Content-Type": "application/json" },
    );
    response.headers.set("X-Request-ID", "req_0123456789ab");
    response.headers.set("X-Correlation-ID", "corr_0123456789ab");
    response.headers.set("X-Service-Name", "bench");
    return response;
  });
}

/** The same route on `glamMiddleware`, with everything it does but the access log, which is measured by itself. */
export function createGlam(): App {
  return createGlamWith({ accessLog: false });
}

/** The same with the access log, as JSON lines that go nowhere. */
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
