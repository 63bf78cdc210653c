import { clientIp, glamMiddleware, success, validate } from "@glam/shared/api";
import { getContext, getRequestId } from "@glam/shared/context";
import { NotFoundError } from "@glam/shared/errors";
import { Hono } from "hono";
import * as z from "zod";

/** A service with what an edge worker may use of the HTTP side. */
const app: Hono = new Hono();
app.use(glamMiddleware({ service: "catalog", methodNotAllowed: app, trustProxy: ["10.0.0.0/8"] }));
app.get("/items/:id", (c) => success(c, { id: c.req.param("id") }));
app.post("/items", validate("json", z.object({ name: z.string() })), (c) => success(c, c.req.valid("json")));
let arrived = 0;
app.get("/context/:count", async (c) => {
  const before = getRequestId();
  arrived++;
  while (arrived < Number(c.req.param("count"))) await new Promise((resolve) => setTimeout(resolve, 5));
  return success(c, { before, after: getRequestId(), service: getContext()?.service });
});
app.get("/ip", (c) => success(c, clientIp(c) ?? null));
app.get("/missing", () => {
  throw new NotFoundError("Item 7 not found", { resource: "item", resourceId: 7 });
});
app.get("/broken", () => {
  throw new Error("the cause, with a secret");
});

export default app;
