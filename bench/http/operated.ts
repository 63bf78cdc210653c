import { createMemoryBus } from "@glam/shared/messaging";
import { createOpsApp } from "@glam/shared/ops";
import { createService } from "@glam/shared/service";
import { Hono } from "hono";
import { createGlam } from "./apps.ts";

const logger = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };

/** Serves the application as a service, with everything for its operators or with nothing. Gives the port. */
export async function listenAsService(isOperated: boolean): Promise<number> {
  const bus = createMemoryBus();
  const page = () => new Hono().route("/ops", createOpsApp({ authorize: () => false, bus, logger }));
  const service = createService({
    name: "bench",
    app: createGlam() as never,
    bus,
    announce: isOperated,
    control: isOperated,
    ...isOperated && { management: { port: 0, app: page } },
    port: 0,
    hostname: "127.0.0.1",
    logger,
  });
  await service.start();
  return service.address!.port;
}
