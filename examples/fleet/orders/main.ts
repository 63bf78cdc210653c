/**
 * Orders of merchants, which take their credits from the credits service. `deno task fleet` runs both.
 */
import { loadConfig } from "@glam/shared/config";
import { runService } from "@glam/shared/service";
import { options } from "./config.ts";
import { createOrders } from "./server.ts";

await runService("orders", async () => {
  const { service } = await createOrders(await loadConfig(options));
  service.start().then(() => console.log(`orders is on ${service.address!.url}`), () => {}); // the log says why it cannot start
  return service;
});
