import { AsyncLocalStorage } from "node:async_hooks";
import { readEnv } from "../internal/environment.ts";
import { makeCorrelationId, makeRequestId } from "./ids.ts";
import type { ContextPatch, RequestContext } from "./request_context.ts";
import { traceOf } from "./trace.ts";

// One storage for every copy of the package in a process, so that a library built on another copy sees the
// request of the application.
const STORAGE_KEY = Symbol.for("@glam/shared.context.v1");
const shared = globalThis as { [STORAGE_KEY]?: AsyncLocalStorage<RequestContext> };
const storage: AsyncLocalStorage<RequestContext> = shared[STORAGE_KEY] ??= new AsyncLocalStorage();

/** The context of the request being handled, or `undefined` outside of one. */
export function getContext(): RequestContext | undefined {
  const context = storage.getStore();
  if (context !== undefined) traceOf(context);
  return context;
}

/** The id of the request being handled, or `undefined` outside of one. */
export function getRequestId(): string | undefined {
  return storage.getStore()?.requestId;
}

/** The correlation id of the request being handled, or `undefined` outside of one. */
export function getCorrelationId(): string | undefined {
  return storage.getStore()?.correlationId;
}

/**
 * Runs `fn` with `context` as the current one, also across everything `fn` awaits, and returns what it returns.
 *
 * Ids, a trace and the service name that `context` leaves out are made, so a background job needs no more than
 * `runWithContext({ service: "cleanup" }, job)`. The object given is copied.
 *
 * @example
 * ```ts
 * import { getRequestId, runWithContext } from "@glam/shared/context";
 *
 * runWithContext({ service: "cleanup", requestId: "req_nightly" }, () => {
 *   console.log(getRequestId()); // req_nightly
 * });
 * ```
 */
export function runWithContext<T>(context: Partial<RequestContext>, fn: () => T): T {
  return enterContext({
    ...context,
    requestId: context.requestId ?? makeRequestId(),
    correlationId: context.correlationId ?? makeCorrelationId(),
    service: context.service ?? readEnv("SERVICE_NAME") ?? "glam-service",
  }, fn);
}

/** Runs `fn` with exactly this object as the current context: the middleware's way in, without a copy. */
export function enterContext<T>(context: RequestContext, fn: () => T): T {
  return storage.run(context, fn);
}

/**
 * Adds to the current context what is known only later, such as the tenant after authentication.
 *
 * @throws {TypeError} when there is no current context.
 */
export function setContext(patch: ContextPatch): void {
  const context = storage.getStore();
  if (context === undefined) {
    throw new TypeError(
      "Cannot set context: there is no current request; use glamMiddleware() or runWithContext()",
    );
  }
  for (const key of PATCHABLE) {
    if (patch[key] !== undefined) context[key] = patch[key];
  }
}

const PATCHABLE = ["merchantDomain", "merchantId", "sourceService", "userId"] as const;
