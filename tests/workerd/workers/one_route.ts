import { glamMiddleware, success } from "@glam/shared/api";
import { Hono } from "hono";

/** The smallest service, whose bundle is weighed. */
const app: Hono = new Hono();
app.use(glamMiddleware());
app.get("/items/:id", (c) => success(c, { id: c.req.param("id") }));

export default app;
