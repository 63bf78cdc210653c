import { glamMiddleware, implement } from "@glam/shared/api";
import { defineEndpoint, type Endpoint } from "@glam/shared/contract";
import { NotFoundError } from "@glam/shared/errors";
import { Hono } from "hono";
import * as z from "zod";

/** A contract, which its service implements. */
export const GetItem: Endpoint<"GET /items/:id", {
  params: { id: string };
  data: { id: string };
  errors: NotFoundError;
}> = defineEndpoint("GET /items/:id", {
  params: z.object({ id: z.string() }),
  data: z.object({ id: z.string() }),
  errors: [NotFoundError],
});

const app: Hono = new Hono();
app.use(glamMiddleware({ service: "catalog" }));
implement(app, GetItem, ({ params: { id } }) => ({ id }));

export default app;
