import {
  type DatabaseConfig,
  databaseConfig,
  type LoadConfigOptions,
  type LoggingConfig,
  loggingConfig,
  type NatsConfig,
  natsConfig,
  secret,
  type ServiceConfig,
  serviceConfig,
} from "@glam/shared/config";
import * as z from "zod";
import type { CreditsConfig } from "./credits_client.ts";

/** What the service can be told, by the files in `config/` and by variables. */
export interface OrdersConfig {
  readonly service: ServiceConfig;
  readonly logging: LoggingConfig;
  /** The Postgres; without it there is one within the process. */
  readonly database?: DatabaseConfig | undefined;
  /** The NATS; without it there is a bus within the process. */
  readonly nats?: NatsConfig | undefined;
  /** Whose tokens are taken; `jwks` is a URL, or the keys as JSON. */
  readonly auth: { readonly issuer: string; readonly audience: string; readonly jwks: string };
  /** Where credits is, and the key that calls are signed with. */
  readonly credits: CreditsConfig;
  /** How long an order waits for its payment. */
  readonly payWithinSeconds: number;
  /** How often unpaid orders are looked for. */
  readonly cancelEveryMs: number;
  /** Where the Postgres within the process keeps its data. */
  readonly dataDir: string;
  /** What a start does about pending migrations. */
  readonly migrate: "up" | "verify";
  /** Whether `/docs` is there, for whoever reaches the service. */
  readonly docs: boolean;
  /** How long a stop goes on serving, until the load balancer has noticed. */
  readonly graceMs: number;
}

const schema: z.ZodType<OrdersConfig> = z.object({
  service: serviceConfig,
  logging: loggingConfig,
  database: databaseConfig.optional(),
  nats: natsConfig.optional(),
  auth: z.object({ issuer: z.string(), audience: z.string(), jwks: z.string() }),
  credits: z.object({ url: z.url(), privateKey: secret() }),
  payWithinSeconds: z.int().min(1),
  cancelEveryMs: z.int().min(1000),
  dataDir: z.string().min(1),
  migrate: z.enum(["up", "verify"]),
  docs: z.boolean(),
  graceMs: z.int().min(0),
});

/** For `loadConfig`, and for `glam config`. */
export const options: LoadConfigOptions<typeof schema> = {
  service: "orders",
  root: new URL(".", import.meta.url),
  schema,
};
