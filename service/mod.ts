/**
 * Starts and stops the parts of a service in order: HTTP, database, migrations, streams, outbox and listeners, with health,
 * a grace period, deadlines and exit codes, on Deno, Bun and Node.js.
 *
 * The main module of a service is one call, `await runService(name, () => createService({ ... }))`. Tests start the service
 * in their own process:
 *
 * ```ts
 * import { glamMiddleware, success } from "@glam/shared/api";
 * import { createMemoryBus } from "@glam/shared/messaging";
 * import { createService } from "@glam/shared/service";
 * import { Hono } from "hono";
 *
 * const app = new Hono();
 * app.use(glamMiddleware({ service: "catalog" }));
 * app.get("/items/:id", (c) => success(c, { id: c.req.param("id") }));
 *
 * const options = { port: 0, hostname: "127.0.0.1", graceMs: 0 };
 * await using service = createService({ name: "catalog", app, bus: createMemoryBus(), ...options });
 * await service.start();
 * const ready = await fetch(`${service.address?.url}/health/ready`);
 * console.log(ready.status, (await ready.json()).data.checks.bus.status); // 200 healthy
 * ```
 *
 * On workerd there is nothing to start: export the application itself.
 *
 * @module
 */

export type { Control, ControlOptions, ControlState } from "./control.ts";
export { createRemoteControl, type RemoteControlOptions } from "./create_remote_control.ts";
export { createService } from "./create_service.ts";
export type {
  AppLike,
  CheckedPart,
  ManagementOptions,
  MigratorLike,
  OutboxLike,
  RelayLike,
  ResponderLike,
  SchedulerLike,
  ServiceDeadlines,
  ServiceOptions,
  ServicePart,
} from "./options.ts";
export { runService, type RunServiceOptions } from "./run_service.ts";
export type { Service, ServiceAddress, ServiceState, StopOptions } from "./service.ts";
export { ServiceError, type ServiceErrorOptions } from "./service_error.ts";
export { upgradeWebSocket } from "./upgrade_websocket.ts";
