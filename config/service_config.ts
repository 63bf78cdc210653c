import * as z from "zod";
import { markReady } from "./_schema_marks.ts";

/** What {@link serviceConfig} gives. */
export interface ServiceConfig {
  /** Name of the service. */
  readonly name: string;
  /** The address to listen on. */
  readonly host: string;
  /** The port to listen on; 0 is any that is free. */
  readonly port: number;
}

/**
 * The configuration of a service itself: `name`, which `loadConfig` knows, `host` (every address unless set) and `port`
 * (8080 unless set). The variables `SERVICE_NAME` and `PORT` set them, too, and `{SERVICE}_PORT`.
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
