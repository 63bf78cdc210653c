// A program of its own for migrate_command_test.ts: the command, as a service has it.
import { migrateCommand } from "@glam/shared/db";
import process from "node:process";

process.exit(await migrateCommand(process.argv.slice(2)));
