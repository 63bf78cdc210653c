import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import type { AnyEndpoint } from "../contract/mod.ts";
import type { AnyEventContract, AnyRequestContract } from "../messaging/mod.ts";
import { UsageError } from "./_session.ts";

/** A contract of either kind. */
export type AnyContract = AnyEventContract | AnyRequestContract;

const ENDINGS = ["ts", "mts", "js", "mjs"];

/** A module of the service. */
export interface ServiceModule {
  /** Its path or URL, as it was given. */
  readonly path: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

/**
 * Imports the module at `given`, else `<name>.ts` (or `.mts`, `.js`, `.mjs`) of the current folder. Gives `undefined` when
 * there is none.
 *
 * @throws {UsageError} when there is no module at `given`.
 */
export async function findModule(name: string, given?: string): Promise<ServiceModule | undefined> {
  const path = given ?? await findPath(name);
  if (path === undefined) return undefined;
  if (given !== undefined && !isUrl(given) && !await exists(given)) {
    throw new UsageError(`There is no ${given}`);
  }
  return { path, exports: await import(isUrl(path) ? path : pathToFileURL(resolve(path)).href) };
}

/**
 * As {@link findModule}, for a module that the command requires.
 *
 * @throws {UsageError} when there is none.
 */
export async function requireModule(name: string, flag: string, given?: string): Promise<ServiceModule> {
  const module = await findModule(name, given);
  if (module !== undefined) return module;
  throw new UsageError(`There is no ${name}.ts in ${process.cwd()}; name it with ${flag} <module>`);
}

/** The path of a module in the current folder. */
export async function findPath(name: string): Promise<string | undefined> {
  for (const ending of ENDINGS) {
    if (await exists(`${name}.${ending}`)) return `${name}.${ending}`;
  }
  return undefined;
}

/** The contracts that a module exports, alone or in arrays, without duplicates. */
export function contractsOf({ exports }: ServiceModule): AnyContract[] {
  return [...new Set(Object.values(exports).flat(1).filter(isContract))];
}

/** The endpoints that a module exports, likewise. */
export function endpointsOf({ exports }: ServiceModule): AnyEndpoint[] {
  return [...new Set(Object.values(exports).flat(1).filter(isEndpoint))];
}

function isEndpoint(value: unknown): value is AnyEndpoint {
  const { route, path, operationId } = (value ?? {}) as Record<string, unknown>;
  return [route, path, operationId].every((each) => typeof each === "string");
}

/** Whether a value is a contract of an event or a request, also of another copy of this package. */
export function isContract(value: unknown): value is AnyContract {
  if (typeof value !== "object" || value === null) return false;
  const { subject, schema, requestSchema } = value as Record<string, unknown>;
  return typeof subject === "string" && typeof (schema ?? requestSchema) === "object";
}

/** Whether a contract is of an event or a command. */
export function isEvent(contract: AnyContract): contract is AnyEventContract {
  return "schema" in contract;
}

function isUrl(path: string): boolean {
  return /^[a-z]{2,}:/i.test(path);
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(() => true, () => false); // on Deno, `access` needs --allow-sys
}
