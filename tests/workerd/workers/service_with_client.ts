import { createServiceClient, type ServiceClient } from "@glam/shared/client";
import app, { GetItem } from "./service_alone.ts";

/** A client beside the service, to weigh what it adds. */
export const catalog: ServiceClient<{ readonly GetItem: typeof GetItem }> = createServiceClient({
  service: "catalog",
  endpoints: { GetItem },
  baseUrl: "http://catalog",
});
app.get("/", async (c) => c.json(await catalog.GetItem({ params: { id: "7" } })));

export default app;
