import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { implement, openapi, type RoutesOf } from "../../api/mod.ts";
import type { AnyEndpoint, Endpoint } from "../../contract/mod.ts";
import { asyncapi } from "../../messaging/mod.ts";
import {
  type AnyContract,
  contractsOf,
  endpointsOf,
  findModule,
  requireModule,
  type ServiceModule,
} from "../_modules.ts";
import { type Session, UsageError } from "../_session.ts";

interface DocsFlags {
  readonly http?: boolean;
  readonly endpoints?: string;
  readonly events?: string;
  readonly receives?: string;
  readonly format?: "json" | "yaml";
  readonly output?: string;
  readonly title?: string;
  readonly apiVersion?: string;
  readonly json?: boolean;
}

/** Writes the OpenAPI document, the AsyncAPI document, or both into a folder. */
export async function run({ terminal, json }: Session, flags: DocsFlags): Promise<void> {
  const { output } = flags;
  const isFolder = output !== undefined &&
    await stat(output).then((info) => info.isDirectory(), () => output.endsWith("/"));
  const ending = output?.endsWith(".json") ? "json" : output === undefined || isFolder ? undefined : "yaml";
  const format = flags.format ?? (json ? "json" : ending ?? "yaml");
  const write = async (document: object, path: string | undefined) => {
    const text = format === "json" ? `${JSON.stringify(document, null, 2)}\n` : await toYaml(document);
    if (path === undefined) return await terminal.write(text);
    await writeFile(path, text);
    terminal.printError(`Wrote ${path}`);
  };
  if (!isFolder) {
    return await write(
      flags.http ? await httpDocument(flags, true) : await eventsDocument(flags, true),
      output,
    );
  }
  const documents = {
    openapi: await httpDocument(flags, false),
    asyncapi: await eventsDocument(flags, false),
  };
  if (documents.openapi === undefined && documents.asyncapi === undefined) {
    throw new UsageError(
      "There is neither an endpoints.ts nor an events.ts; say where they are with --endpoints and --events",
    );
  }
  for (const [name, document] of Object.entries(documents)) {
    if (document !== undefined) await write(document, join(output, `${name}.${format}`));
  }
}

/** The OpenAPI document of what a module exports: its endpoints, or an application. */
async function httpDocument(flags: DocsFlags, isNeeded: true): Promise<object>;
async function httpDocument(flags: DocsFlags, isNeeded: boolean): Promise<object | undefined>;
async function httpDocument(flags: DocsFlags, isNeeded: boolean): Promise<object | undefined> {
  const module = isNeeded || flags.endpoints !== undefined
    ? await requireModule("endpoints", "--endpoints", flags.endpoints)
    : await findModule("endpoints");
  if (module === undefined) return undefined;
  const { name, version } = await readManifest();
  const title = flags.title ?? name ?? "Service";
  return openapi(await routesOf(module), { title, version: flags.apiVersion ?? version ?? "1.0.0" });
}

async function routesOf(module: ServiceModule): Promise<RoutesOf> {
  const app = Object.values(module.exports).find(isApp);
  if (app !== undefined) return app;
  const endpoints = endpointsOf(module);
  if (endpoints.length === 0) {
    throw new UsageError(
      `Expected ${module.path} to export endpoints of defineEndpoint or an application, got none`,
    );
  }
  const { Hono } = await import("hono");
  const routes = new Hono();
  for (const endpoint of endpoints) {
    implement(routes, endpoint as AnyEndpoint as Endpoint<string, { empty: true }>, () => {});
  }
  return routes;
}

function isApp(value: unknown): value is RoutesOf {
  const { routes, fetch } = (value ?? {}) as { readonly routes?: unknown; readonly fetch?: unknown };
  return Array.isArray(routes) && typeof fetch === "function";
}

async function eventsDocument(flags: DocsFlags, isNeeded: true): Promise<object>;
async function eventsDocument(flags: DocsFlags, isNeeded: boolean): Promise<object | undefined>;
async function eventsDocument(flags: DocsFlags, isNeeded: boolean): Promise<object | undefined> {
  const { receives } = flags;
  const module = isNeeded || flags.events !== undefined
    ? await requireModule("events", "--events", flags.events)
    : await findModule("events");
  if (module === undefined) return undefined;
  const { name, version } = await readManifest();
  return asyncapi(requireContracts(module), {
    title: flags.title ?? name,
    version: flags.apiVersion ?? version,
    receives: receives === undefined
      ? []
      : requireContracts(await requireModule("receives", "--receives", receives)),
  });
}

function requireContracts(module: ServiceModule): AnyContract[] {
  const contracts = contractsOf(module);
  if (contracts.length > 0) return contracts;
  throw new UsageError(
    `Expected ${module.path} to export contracts of defineEvent or defineRequest, got none`,
  );
}

async function toYaml(document: object): Promise<string> {
  const { stringify } = await import("yaml");
  return stringify(document, { aliasDuplicateObjects: false });
}

async function readManifest(): Promise<{ readonly name?: string; readonly version?: string }> {
  for (const path of ["deno.json", "package.json"]) {
    const text = await readFile(path, "utf8").catch(() => undefined);
    if (text === undefined) continue;
    const { name, version } = JSON.parse(text) as Record<string, unknown>;
    return {
      ...(typeof name === "string" ? { name } : {}),
      ...(typeof version === "string" ? { version } : {}),
    };
  }
  return {};
}
