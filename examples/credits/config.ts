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

/** What the service can be told, by the files in `config/` and by variables. */
export interface CreditsConfig {
  readonly service: ServiceConfig;
  readonly logging: LoggingConfig;
  /** The Postgres; without it there is one within the process. */
  readonly database?: DatabaseConfig | undefined;
  /** The NATS; without it there is a bus within the process. */
  readonly nats?: NatsConfig | undefined;
  /** Where the Postgres within the process keeps its data. */
  readonly dataDir: string;
  /** What a start does about pending migrations. */
  readonly migrate: "up" | "verify";
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
  dataDir: z.string().min(1),
  migrate: z.enum(["up", "verify"]),
  docs: z.boolean(),
  graceMs: z.int().min(0),
});

/** For `loadConfig`, and for `glam config`. */
export const options: LoadConfigOptions<typeof schema> = {
  service: "credits",
  root: new URL(".", import.meta.url),
  schema,
};
