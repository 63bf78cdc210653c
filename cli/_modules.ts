import { access } from "node:fs/promises";
import { resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import type { AnyEventContract, AnyRequestContract } from "../messaging/mod.ts";
import { UsageError } from "./_session.ts";

/** A contract of either kind. */
export type AnyContract = AnyEventContract | AnyRequestContract;

const ENDINGS = ["ts", "mts", "js", "mjs"];

/** What a module of the service exports. */
export interface ServiceModule {
  /** Its path, as people know it. */
  readonly path: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

/**
 * The module of a service that has this name in the current folder, or that `given` names; `undefined` where there is
 * none.
 */
export async function findModule(name: string, given?: string): Promise<ServiceModule | undefined> {
  const path = given ?? await findPath(name);
  if (path === undefined) return undefined;
  if (given !== undefined && !isUrl(given) && !await exists(given)) {
    throw new UsageError(`There is no ${given}`);
  }
  return { path, exports: await import(isUrl(path) ? path : pathToFileURL(resolve(path)).href) };
}

/** The same, where the command cannot do without. */
export async function needModule(name: string, flag: string, given?: string): Promise<ServiceModule> {
  const module = await findModule(name, given);
  if (module !== undefined) return module;
  throw new UsageError(`There is no ${name}.ts in ${process.cwd()}; say where it is with ${flag} <module>`);
}

/** The path of a module in the current folder. */
export async function findPath(name: string): Promise<string | undefined> {
  for (const ending of ENDINGS) {
    if (await exists(`${name}.${ending}`)) return `${name}.${ending}`;
  }
  return undefined;
}

/** The contracts that a module exports, by whatever names, also in lists; each once. */
export function contractsOf({ exports }: ServiceModule): AnyContract[] {
  return [...new Set(Object.values(exports).flat(1).filter(isContract))];
}

/** Whether a value is a contract of an event or a request, of whichever copy of this package. */
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
  return await access(path).then(() => true, () => false);
}
