import {
  type DatabaseConfig,
  databaseConfig,
  type LoadConfigOptions,
  type LoggingConfig,
  loggingConfig,
  type NatsConfig,
  natsConfig,
  type ServiceConfig,
  serviceConfig,
} from "@glam/shared/config";
import * as z from "zod";
import type { AuthConfig } from "./auth.ts";

/** What the service can be told, by the files in `config/` and by variables. */
export interface CreditsConfig {
  readonly service: ServiceConfig;
  readonly logging: LoggingConfig;
  /** The Postgres; without it there is one within the process. */
  readonly database?: DatabaseConfig | undefined;
  /** The NATS; without it there is a bus within the process. */
  readonly nats?: NatsConfig | undefined;
  /** Whose tokens are taken; without `jwks` the service makes one for the merchant `demo`, and prints it. */
  readonly auth: AuthConfig;
  /** Where the Postgres within the process keeps its data. */
  readonly dataDir: string;
  /** What a start does about pending migrations. */
  readonly migrate: "up" | "verify";
  /** Whether a token may be printed. */
  readonly demoToken: boolean;
  /** Whether `/docs` is there, for whoever reaches the service. */
  readonly docs: boolean;
  /** How long a stop goes on serving, until the load balancer has noticed. */
  readonly graceMs: number;
}

const schema: z.ZodType<CreditsConfig> = z.object({
  service: serviceConfig,
  logging: loggingConfig,
  database: databaseConfig.optional(),
  nats: natsConfig.optional(),
  auth: z.object({
    issuer: z.string(),
    audience: z.string(),
    jwks: z.string().optional(),
    services: z.string().optional(),
  }),
  demoToken: z.boolean(),
  dataDir: z.string().min(1),
  migrate: z.enum(["up", "verify"]),
  docs: z.boolean(),
  graceMs: z.int().min(0),
}).refine(({ auth, demoToken }) => demoToken || auth.jwks !== undefined, {
  path: ["auth", "jwks"],
  message: "name the public keys of the issuer",
});

/** For `loadConfig`, and for `glam config`. */
export const options: LoadConfigOptions<typeof schema> = {
  service: "credits",
  root: new URL(".", import.meta.url),
  schema,
};
