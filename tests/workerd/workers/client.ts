import { glamMiddleware, implement, success } from "@glam/shared/api";
import { createServiceClient, type ServiceClient, type Transport } from "@glam/shared/client";
import { getRequestId } from "@glam/shared/context";
import { defineEndpoint, type Endpoint, isoDate } from "@glam/shared/contract";
import { NotFoundError } from "@glam/shared/errors";
import { Hono } from "hono";
import * as z from "zod";

type GetItem = Endpoint<"GET /items/:id", {
  params: { id: string };
  data: { id: string; made_at: Date; asked_by: string };
  errors: NotFoundError;
}>;
const GetItem: GetItem = defineEndpoint("GET /items/:id", {
  params: z.object({ id: z.string() }),
  data: z.object({ id: z.string(), made_at: isoDate(), asked_by: z.string() }),
  errors: [NotFoundError],
});
const endpoints = { GetItem };
type Client = ServiceClient<{ readonly GetItem: GetItem }>;

interface Env {
  /** This worker itself, over a service binding. */
  readonly SELF: Transport;
  /** A server somewhere. */
  readonly UPSTREAM: string;
}

const app: Hono<{ Bindings: Env }> = new Hono<{ Bindings: Env }>();
app.use(glamMiddleware({ service: "catalog", timeoutMs: 30_000 }));
implement(app, GetItem, async ({ params: { id } }) => {
  if (id === "none") throw new NotFoundError("No such item", { resource: "item" });
  if (id === "slow") await new Promise((resolve) => setTimeout(resolve, 10_000));
  return { id, made_at: new Date(0), asked_by: getRequestId() ?? "" };
});

// For all requests of the process, as a service has it.
let bound: Client | undefined;
let network: Client | undefined;
const breaker = { failureRatio: 0.5, windowMs: 10_000, minRequests: 20, openMs: 5000 };

app.get("/ask/:id", async (c) => {
  bound ??= createServiceClient({
    service: "catalog",
    endpoints,
    transport: c.env.SELF,
    trusted: true,
    breaker,
  });
  const timeoutMs = Number(c.req.query("timeoutMs") ?? 5000);
  const item = await bound.GetItem({ params: { id: c.req.param("id") } }, { timeoutMs });
  return success(c, { ...item, year: item.made_at.getUTCFullYear() });
});
app.get("/outside/:id", async (c) => {
  network ??= createServiceClient({ service: "catalog", endpoints, baseUrl: c.env.UPSTREAM, retry: false });
  const { id } = c.req.param();
  const error = await network.GetItem({ params: { id } }, { timeoutMs: 1000 }).catch((error) => error);
  return success(c, { name: error.name, status: error.status, message: error.message });
});

export default app;
