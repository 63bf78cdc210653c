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
   * The folder of the files, or the files. `--dir` overrides it.
   * @default "migrations"
   */
  readonly migrations?: string | URL | readonly MigrationFile[] | undefined;
  /**
   * The tables of the service, for `create --autogenerate`. `--tables` overrides it.
   * @default none
   */
  readonly tables?: readonly TableModel[] | undefined;
  /**
   * Prints the result of a command.
   * @default console.log
   */
  readonly print?: ((text: string) => void) | undefined;
  /**
   * Prints progress and errors.
   * @default console.error
   */
  readonly printError?: ((text: string) => void) | undefined;
  /** Called with progress events, in addition to `printError`. Must not throw. */
  readonly onProgress?: ((event: MigrationEvent) => void) | undefined;
  /**
   * Asks for confirmation before `down`.
   * @default asks on the terminal; without a terminal the answer is no
   */
  readonly confirm?: ((question: string) => Promise<boolean>) | undefined;
  /**
   * Stops the command; the file that runs is rolled back.
   * @default aborts at SIGINT and SIGTERM; a second one ends the process
   */
  readonly signal?: AbortSignal | undefined;
}
