import { requireNode } from "./oldest_node.ts";

/** A JavaScript runtime that this package is tested on. */
export type Runtime = "bun" | "deno" | "node" | "workerd" | "unknown";

interface GlobalLike {
  readonly Bun?: unknown;
  readonly Deno?: unknown;
  readonly navigator?: { readonly userAgent?: string };
  readonly process?: { readonly versions?: { readonly node?: string } };
}

/** The runtime this code runs on. */
export function detectRuntime(): Runtime {
  const global = globalThis as GlobalLike;
  // workerd first: with nodejs_compat it also has a `process`.
  if (global.navigator?.userAgent === "Cloudflare-Workers") return "workerd";
  if (global.Deno !== undefined) return "deno";
  if (global.Bun !== undefined) return "bun";
  if (global.process?.versions?.node !== undefined) return "node";
  return "unknown";
}

/** Whether this is Deno; a constant, for code that runs with every request. */
export const ON_DENO: boolean = /* @__PURE__ */ detectRuntime() === "deno";

// Every entry point imports this module, so an old Node hears of it here, and not from a function that it does not have.
if (/* @__PURE__ */ detectRuntime() === "node") {
  requireNode((globalThis as GlobalLike).process!.versions!.node!);
}
