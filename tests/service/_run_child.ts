// A main module that cannot make its service, or takes its time, as a process of its own.
import process from "node:process";
import { loadConfig, serviceConfig } from "@glam/shared/config";
import { connectDatabase } from "@glam/shared/db";
import { createLogger } from "@glam/shared/logging";
import { connectNats } from "@glam/shared/messaging";
import { createService, runService, type Service } from "@glam/shared/service";
import * as z from "zod";

const logger = createLogger("test", { format: "json", level: "info" });

async function create(): Promise<Service> {
  switch (process.argv.at(-1)) {
    case "configuration":
      await loadConfig({ service: "test", schema: z.object({ service: serviceConfig }), env: { PORT: "x" } });
      break;
    case "database":
      await connectDatabase({ url: "postgres://app:s3cret@127.0.0.1:1/credits" });
      break;
    case "bus":
      await connectNats({ servers: "nats://app:s3cret@127.0.0.1:1", name: "test" });
      break;
    case "wrong option":
      createService({ name: "" });
      break;
    case "timer":
      setTimeout(() => {
        throw new Error("thrown later");
      });
      return await new Promise(() => {});
    case "slow":
      logger.info("It takes its time");
      setInterval(() => {}, 1000);
      return await new Promise(() => {});
  }
  return createService({ name: "test", port: 0, hostname: "127.0.0.1", graceMs: 0, logger });
}

await runService("test", create, { logger });
