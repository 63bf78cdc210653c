/**
 * A fleet on one machine: `credits`, which is examples/credits, `orders`, which calls it, and the operations page of both.
 *
 * The same file runs on every runtime: `deno task fleet`, `bun examples/fleet/main.ts`, `node examples/fleet/main.ts`.
 */
import process from "node:process";
import { loadConfig } from "@glam/shared/config";
import { createLogger } from "@glam/shared/logging";
import { connectNats, createMemoryBus, type MessageBus } from "@glam/shared/messaging";
import { createOpsApp, localOnly } from "@glam/shared/ops";
import { createService, runService, type Service } from "@glam/shared/service";
import { authentication } from "../credits/auth.ts";
import { options as creditsOptions } from "../credits/config.ts";
import { createCredits } from "../credits/server.ts";
import { announce } from "./announce.ts";
import { lend } from "./lend.ts";
import { options as ordersOptions } from "./orders/config.ts";
import { createOrders, type Orders } from "./orders/server.ts";
import { createVariables, type FleetVariables } from "./variables.ts";

process.env["APP_ENV"] ??= "dev"; // or the operations page is there for nobody

await runService("fleet", async () => {
  const logger = createLogger("fleet");
  const variables = await createVariables();
  const bus = process.env["NATS_SERVERS"] === undefined
    ? createMemoryBus()
    : await connectNats({ name: "fleet", logger });
  const credits = await startCredits(variables, bus);
  const orders = await startOrders(variables, credits.address!.url, bus);
  const page: Service = createService({
    name: "fleet",
    app: createOpsApp({ authorize: localOnly(), bus, logger, ...orders.parts }),
    bus,
    onStop: async () => { // before the bus is closed
      await orders.service.stop();
      await credits.stop();
      await Promise.all([orders.service.finished, credits.finished]);
    },
    deadlines: { onStop: 60_000 },
    hostname: "127.0.0.1",
    port: variables.opsPort,
    graceMs: 0,
    logger,
  });
  for (const { finished } of [credits, orders.service]) {
    finished.catch(() => page.stop()); // none goes on without the others
  }
  page.start().then(
    () => announce({ credits, orders: orders.service, page, token: variables.token }),
    () => {}, // the log says why it cannot start
  );
  return page;
});

/** Starts the credits service. */
async function startCredits({ env, auth }: FleetVariables, bus: MessageBus): Promise<Service> {
  const config = await loadConfig({ ...creditsOptions, env });
  const service = await createCredits(config, authentication({ ...config.auth, ...auth }), lend(bus));
  await service.start();
  return service;
}

/** Starts the orders service, which has to know where credits is. */
async function startOrders({ env }: FleetVariables, creditsUrl: string, bus: MessageBus): Promise<Orders> {
  const config = await loadConfig({ ...ordersOptions, env: { ...env, ORDERS_CREDITS__URL: creditsUrl } });
  const orders = await createOrders(config, lend(bus));
  await orders.service.start();
  return orders;
}
