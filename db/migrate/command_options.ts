import type { DatabaseOptions } from "../options.ts";
import type { TableModel } from "../table/table.ts";
import type { MigrationFile } from "./migration_file.ts";
import type { MigrationEvent } from "./options.ts";

/** Options of {@link migrateCommand}. */
export interface MigrateCommandOptions {
  /**
   * The database to migrate.
   * @default DATABASE_URL, else the variables of the service that `--service` or SERVICE_NAME names
   */
  readonly database?: string | DatabaseOptions | undefined;
  /**
   * The folder of the files, or the files; `--dir` wins.
   * @default "migrations"
   */
  readonly migrations?: string | URL | readonly MigrationFile[] | undefined;
  /**
   * The tables of the code, for `create --autogenerate`; `--tables` wins.
   * @default none
   */
  readonly tables?: readonly TableModel[] | undefined;
  /**
   * Prints what was asked for.
   * @default console.log
   */
  readonly print?: ((text: string) => void) | undefined;
  /**
   * Prints progress and errors.
   * @default console.error
   */
  readonly printError?: ((text: string) => void) | undefined;
  /** Is told what happens while it happens, besides `printError`. Must not throw. */
  readonly onProgress?: ((event: MigrationEvent) => void) | undefined;
  /**
   * Asks whether to do what destroys.
   * @default asks on the terminal, and without one answers no
   */
  readonly confirm?: ((question: string) => Promise<boolean>) | undefined;
  /**
   * Stops it.
   * @default SIGINT and SIGTERM; the second one ends the process
   */
  readonly signal?: AbortSignal | undefined;
}
