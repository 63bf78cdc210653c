import { assertNumber } from "../internal/assert_number.ts";
import { MAX_TIMER_MS } from "../internal/clock.ts";
import { PACKAGE_VERSION } from "../internal/package_version.ts";
import { randomHex } from "../internal/random.ts";
import { describeRuntime } from "../internal/runtime.ts";
import { createServiceHealth } from "./_health.ts";
import { createLocalControl } from "./_local_control.ts";
import type { Lifecycle } from "./_lifecycle.ts";
import { toSettings } from "./_settings.ts";
import type { ServiceOptions } from "./options.ts";
import type { Service, StopOptions } from "./service.ts";

/**
 * Creates a service from its parts. It starts them in order, serves HTTP, reports their health, and stops them in order.
 *
 * `start()` and `stop()` are for tests and for embedding. The main module of a service calls `run()`, which handles the
 * signals of the process and exits it.
 *
 * @example
 * ```ts
 * import { glamMiddleware, success } from "@glam/shared/api";
 * import { createService } from "@glam/shared/service";
 * import { Hono } from "hono";
 *
 * const app = new Hono();
 * app.use(glamMiddleware({ service: "catalog" }));
 * app.get("/items/:id", (c) => success(c, { id: c.req.param("id") }));
 *
 * await using service = createService({ name: "catalog", app, port: 0, hostname: "127.0.0.1", graceMs: 0 });
 * await service.start();
 * const response = await fetch(`${service.address?.url}/items/7`);
 * console.log((await response.json()).data); // { id: "7" }
 * ```
 *
 * @throws {TypeError} when an option is not what it should be.
 * @throws {RangeError} when a number is out of its range.
 */
export function createService(options: ServiceOptions): Service {
  let lifecycle: Lifecycle | undefined;
  let loading: Promise<Lifecycle> | undefined;
  const settings = toSettings(options);
  const build = { version: options.version, runtime: describeRuntime(), package: PACKAGE_VERSION };
  const health = createServiceHealth(settings, () => lifecycle?.state !== "ready", build);
  const finished = Promise.withResolvers<void>();
  finished.promise.catch(() => {}); // a rejection that nobody awaits must not end the process

  // Loaded at the first use: a program that only tests `app` does not need it.
  const load = () =>
    loading ??= import("./_lifecycle.ts").then(({ Lifecycle }) =>
      lifecycle = new Lifecycle(settings, health, finished, {
        build,
        control,
        instance: () => service.instance,
        service: () => service,
      })
    );
  const stop = async ({ graceMs }: StopOptions = {}) => {
    if (graceMs !== undefined) assertNumber("graceMs", graceMs, 0, MAX_TIMER_MS);
    await (await load()).stop("stop()", graceMs);
  };

  const control = createLocalControl(settings);
  let instance: string | undefined;
  const service: Service = {
    get version() {
      return build.version;
    },
    get instance() {
      return instance ??= randomHex(16);
    },
    get control() {
      return control;
    },
    get management() {
      return lifecycle?.management;
    },
    get state() {
      return lifecycle?.state ?? "new";
    },
    get address() {
      return lifecycle?.address;
    },
    finished: finished.promise,
    start: async () => await (await load()).start(),
    stop,
    health: () => health.report(),
    async run() {
      const [loaded, { run }] = await Promise.all([load(), import("./_run.ts")]);
      return await run(loaded, settings, finished.promise);
    },
    [Symbol.asyncDispose]: () => stop(),
  };
  return service;
}
