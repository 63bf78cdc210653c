import { readFile } from "node:fs/promises";
import process from "node:process";
import { parseEnv } from "node:util";
import { detectRuntime } from "../../internal/runtime.ts";
import { readServiceConfig } from "../commands/_service_config.ts";
import { findPath } from "../_modules.ts";
import { UsageError } from "../_session.ts";

/** Whether the service needs a server, and whether its configuration names one. */
export type Need = "named" | "needed" | "not needed";

/** What the configuration of a service says of what it stands on. */
export interface ServiceNeeds {
  readonly database: Need;
  readonly nats: Need;
}

/** The service in the current folder. */
export interface DevProject extends ServiceNeeds {
  readonly name: string;
  /** The program that runs it, with its arguments. */
  readonly command: readonly [program: string, ...args: string[]];
  /** Where it listens; 0 for any port. */
  readonly port: number;
  /** The value of `APP_ENV`. */
  readonly environment: string;
}

/** Reads what `glam dev` has to know. `given` is the command that runs the service, instead of its task `start`. */
export async function readProject(given: readonly string[]): Promise<DevProject> {
  const command = given.length > 0 ? given : await startTask();
  const [program, ...args] = command;
  const own = program === detectRuntime() ? process.execPath : program!;
  return { command: [own, ...args], environment: await readAppEnv(), ...await readConfiguration() };
}

/** The words of the task `start`, so that there is one place that says how a service is run. */
async function startTask(): Promise<string[]> {
  const places = [["deno.json", "tasks"], ["package.json", "scripts"]] as const;
  for (const [path, key] of places) {
    const text = await readFile(path, "utf8").catch(() => undefined);
    const task = text === undefined ? undefined : JSON.parse(text)[key]?.start;
    const line: unknown = typeof task === "object" ? task?.command : task;
    if (typeof line !== "string") continue;
    if (!/^[\w@%+=:,./ -]+$/.test(line)) {
      throw new UsageError(
        `Expected the task \`start\` of ${path} to be one plain command, got ${JSON.stringify(line)}; ` +
          "say what to run: glam dev -- <command>",
      );
    }
    return line.trim().split(/ +/);
  }
  throw new UsageError(
    `There is no task \`start\` in ${process.cwd()}; say what to run: glam dev -- <command>`,
  );
}

/** The logger and others read it from the environment alone. */
async function readAppEnv(): Promise<string> {
  const file = await readFile(".env", "utf8").catch(() => "");
  return process.env["APP_ENV"] || parseEnv(file)["APP_ENV"] || "dev";
}

async function readConfiguration(): Promise<Omit<DevProject, "command" | "environment">> {
  if (await findPath("config") === undefined) {
    return { name: "service", database: "not needed", nats: "not needed", port: portOf(process.env["PORT"]) };
  }
  const { options, reading } = await readServiceConfig({});
  const merged = reading.merged as Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
  const shape = (options.schema as { readonly shape?: Readonly<Record<string, unknown>> }).shape ?? {};
  const need = (key: string): Need =>
    !(key in shape) ? "not needed" : merged[key] === undefined ? "needed" : "named";
  return {
    name: options.service,
    database: need("database"),
    nats: need("nats"),
    port: portOf(merged["service"]?.["port"]),
  };
}

function portOf(value: unknown): number {
  const port = Number(value ?? 8080);
  return Number.isInteger(port) ? port : 8080;
}
