import * as z from "zod";
import { markReady } from "./_schema_marks.ts";

/** The output of {@link serviceConfig}. */
export interface ServiceConfig {
  /** Name of the service. */
  readonly name: string;
  /** The address to listen on. */
  readonly host: string;
  /** The port to listen on; 0 selects a free port. */
  readonly port: number;
}

/**
 * Schema of the service itself: `name` (by default the `service` of `loadConfig`), `host` (by default `0.0.0.0`) and `port`
 * (by default 8080). They can also be set by the variables `SERVICE_NAME`, `PORT` and `{SERVICE}_PORT`.
 */
export const serviceConfig: z.ZodType<ServiceConfig, Readonly<Record<string, unknown>>> =
  /* @__PURE__ */ markReady(
    /* @__PURE__ */ z.lazy(() =>
      z.object({
        name: z.string().min(1),
        host: z.string().min(1).default("0.0.0.0"),
        port: z.int().min(0).max(65_535).default(8080),
      })
    ),
    { prefixed: { PORT: "port" }, shared: { PORT: "port", SERVICE_NAME: "name" }, serviceKey: "name" },
  );
