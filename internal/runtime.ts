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

/** The runtime with its version, such as `deno 2.5.6`. */
export function describeRuntime(): string {
  const { Bun, Deno, process } = globalThis as {
    readonly Bun?: { readonly version?: string };
    readonly Deno?: { readonly version?: { readonly deno?: string } };
    readonly process?: GlobalLike["process"];
  };
  const runtime = detectRuntime();
  const versions = { bun: Bun?.version, deno: Deno?.version?.deno, node: process?.versions?.node };
  const version = versions[runtime as keyof typeof versions];
  return version === undefined ? runtime : `${runtime} ${version}`;
}

/** Whether this is Deno; a constant, for code that runs with every request. */
export const ON_DENO: boolean = /* @__PURE__ */ detectRuntime() === "deno";

// Every entry point imports this module, so an old Node hears of it here, and not from a function that it does not have.
if (/* @__PURE__ */ detectRuntime() === "node") {
  requireNode((globalThis as GlobalLike).process!.versions!.node!);
}
