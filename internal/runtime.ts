/** A JavaScript runtime that this package is tested on. */
export type Runtime = "bun" | "deno" | "node" | "workerd" | "unknown";

/** The runtime this code runs on. */
export function detectRuntime(): Runtime {
  const global = globalThis as {
    Bun?: unknown;
    Deno?: unknown;
    navigator?: { readonly userAgent?: string };
    process?: { readonly versions?: { readonly node?: string } };
  };
  // workerd first: with nodejs_compat it also has a `process`.
  if (global.navigator?.userAgent === "Cloudflare-Workers") return "workerd";
  if (global.Deno !== undefined) return "deno";
  if (global.Bun !== undefined) return "bun";
  if (global.process?.versions?.node !== undefined) return "node";
  return "unknown";
}

/** Whether this is Deno; a constant, for code that runs with every request. */
export const ON_DENO: boolean = /* @__PURE__ */ detectRuntime() === "deno";
