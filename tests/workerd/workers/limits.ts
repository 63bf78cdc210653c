import { glamMiddleware, implement, rateLimit } from "@glam/shared/api";
import { defineEndpoint } from "@glam/shared/contract";
import { Hono } from "hono";
import * as z from "zod";

/** A service that limits how often an address may call, in the memory of the worker. */
const app: Hono = new Hono();
const limits = rateLimit({ policies: [{ name: "hourly", limit: 2, windowSeconds: 3600 }] });
app.use(glamMiddleware({ service: "catalog", guards: { rateLimit: limits } }));
implement(app, defineEndpoint("GET /items", { data: z.string() }), () => "done");

export default app;
