import type * as z from "zod";
import type { ConfigProblem } from "../errors/config_error.ts";

/** Options of {@link loadConfig}. */
export interface LoadConfigOptions<Schema extends z.core.$ZodType> {
  /** Name of the service, and of its file: `config/services/<service>.yml`. */
  readonly service: string;
  /** What the configuration must be; what it gives is what {@link loadConfig} gives. */
  readonly schema: Schema;
  /**
   * What the service's variables begin with: `CATALOG` for `CATALOG_DATABASE__HOST`.
   * @default the service in upper case: `catalog-connector` has `CATALOG_CONNECTOR`
   */
  readonly envPrefix?: string | undefined;
  /**
   * The folder that has `config/` and `.env`.
   * @default the nearest parent of the current folder with `config/shared.yml` or `config/services/`
   */
  readonly root?: string | URL | undefined;
  /**
   * The environment; on workerd the binding object that `fetch` gets.
   * @default that of the process
   */
  readonly env?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Gets what is odd, but no reason not to start, such as a key of `config/shared.yml` that the schema does not know.
   * @default writes a line at `WARNING`, with {@link createLogger} of the service
   */
  readonly onWarning?: ((warning: ConfigProblem) => void) | undefined;
  /**
   * A YAML parser, such as `parse` of `jsr:@std/yaml`, which knows lines only of errors.
   * @default `yaml` of npm
   */
  readonly parseYaml?: ((text: string) => unknown) | undefined;
}
