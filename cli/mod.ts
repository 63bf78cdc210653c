/**
 * `glam`: the command-line tool of the fleet. It generates a service, migrates its database, follows and publishes events,
 * manages dead letters and the outbox, checks a configuration, and writes the AsyncAPI document.
 *
 * ```sh
 * deno run -A jsr:@glam/shared/cli --help
 * deno run -A jsr:@glam/shared/cli new orders
 * ```
 *
 * The npm package installs it as `glam`. {@link glam} is the same command as a function.
 *
 * @module
 */
import process from "node:process";
import { isMain } from "./_is_main.ts";
import { glam } from "./glam.ts";

export { glam } from "./glam.ts";

if (isMain(import.meta)) process.exit(await glam(process.argv.slice(2)));
