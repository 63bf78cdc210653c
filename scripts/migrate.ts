/**
 * Migrates a database.
 *
 *     deno task migrate up --dir=migrations
 *     deno task migrate --help
 *
 * @module
 */
import { migrateCommand } from "../db/migrate/command.ts";

Deno.exit(await migrateCommand(Deno.args));
