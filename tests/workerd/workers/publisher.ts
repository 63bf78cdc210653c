import { glamMiddleware, success } from "@glam/shared/api";
import { connectNats, createPublisher, CreditDeducted, defineRequest } from "@glam/shared/messaging";
import { Hono } from "hono";
import * as z from "zod";

/** As long as a test waits. An acknowledgement that is late would be asked for again, and come as that of a duplicate. */
const PATIENCE_MS = 120_000;

interface Environment {
  readonly Bindings: Readonly<Record<string, never>>;
}

const Echo = defineRequest("rpc.echo.v1", {
  request: z.object({ text: z.string() }),
  response: z.object({ text: z.string() }),
});

/** Publishes and asks from the edge: a connection for each request, since none outlives it. */
const app: Hono<Environment> = new Hono();
app.use(glamMiddleware({ service: "edge" }));
app.post("/publish", async (c) => {
  const { servers, user, pass, data, key } = await c.req.json();
  await using bus = await connectNats({ servers, user, pass, connectTimeoutMs: PATIENCE_MS });
  const publisher = createPublisher(bus, {
    service: "edge",
    timeoutMs: PATIENCE_MS,
    ackTimeoutMs: PATIENCE_MS,
  });
  return success(c, await publisher.publish(CreditDeducted, data, { idempotencyKey: key }));
});
app.post("/ask", async (c) => {
  const { servers, user, pass, text } = await c.req.json();
  await using bus = await connectNats({ servers, user, pass, connectTimeoutMs: PATIENCE_MS });
  return success(c, await bus.request(Echo, { text }, { timeoutMs: PATIENCE_MS }));
});
app.post("/consume", async (c) => {
  const { servers, user, pass } = await c.req.json();
  await using bus = await connectNats({ servers, user, pass, connectTimeoutMs: PATIENCE_MS });
  const config = { stream: "GLAM_EVENTS", name: "edge", filterSubject: "evt.>" };
  const refusal = await bus.consumer(config).catch((error) => ({ kind: error.kind, message: error.message }));
  return success(c, refusal as { kind: string; message: string });
});
app.post("/tcp", async (c) => {
  const error = await connectNats({ servers: "nats://127.0.0.1:4222" }).catch((error: Error) => error);
  return success(c, { message: error instanceof Error ? error.message : "connected" });
});

export default app;
