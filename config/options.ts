import type * as z from "zod";
import type { ConfigProblem } from "../errors/config_error.ts";

/** Options of {@link loadConfig}. */
export interface LoadConfigOptions<Schema extends z.core.$ZodType> {
  /**
   * Name of the service, and of its file `config/services/<service>.yml`: letters, digits, `.`, `_` and `-`, beginning
   * with a letter or digit.
   */
  readonly service: string;
  /** The Zod schema of the configuration. {@link loadConfig} gives its output. */
  readonly schema: Schema;
  /**
   * Prefix of the service's variables: `CATALOG` for `CATALOG_DATABASE__HOST`.
   * @default the service in upper case: `catalog-connector` has `CATALOG_CONNECTOR`
   */
  readonly envPrefix?: string | undefined;
  /**
   * The folder that contains `config/` and `.env`.
   * @default the nearest parent of the current folder with `config/shared.yml` or `config/services/`, else the current folder
   */
  readonly root?: string | URL | undefined;
  /**
   * The variables of the environment. On workerd, the binding object that `fetch` receives.
   * @default the environment of the process
   */
  readonly env?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Receives each warning: something unexpected that does not keep the service from starting, such as a key of
   * `config/shared.yml` that the schema does not have.
   * @default logs it at `WARNING` by a logger of the service
   */
  readonly onWarning?: ((warning: ConfigProblem) => void) | undefined;
  /**
   * A YAML parser, such as `parse` of `jsr:@std/yaml`. With it, only syntax errors have lines, and integers beyond 2^53 are
   * what the parser makes of them. Circular aliases, alias bombs and deep nesting are problems as with the default.
   * @default `yaml` of npm
   */
  readonly parseYaml?: ((text: string) => unknown) | undefined;
}
