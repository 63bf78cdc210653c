import { readEnv } from "../internal/environment.ts";
import { rememberOutsideContext } from "../internal/outside_context.ts";
import { normalizeBaggage } from "./baggage.ts";
import { assertId, makeCorrelationId, makeRequestId } from "./ids.ts";
import type { ContextInit, ContextPatch, RequestContext } from "./request_context.ts";
import { traceOf } from "./trace.ts";
import { formatTraceparent, parseTraceparent } from "./traceparent.ts";
import { normalizeTracestate } from "./tracestate.ts";

// One storage for every copy of the package in a process, so that a library built on another copy sees the
// request of the application.
const STORAGE_KEY = Symbol.for("@glam/shared.context.v1");

/** What is used of Node's AsyncLocalStorage. */
interface Storage {
  getStore(): RequestContext | undefined;
  run<T>(context: RequestContext, fn: () => T): T;
}

interface Globals {
  [STORAGE_KEY]?: Storage;
  readonly process?: {
    getBuiltinModule?(name: string): { AsyncLocalStorage: new () => Storage } | undefined;
  };
}

let storage: Storage | undefined;

/**
 * The storage, made when the first context is entered: importing `node:async_hooks` takes longer than importing this whole
 * area, and a runtime without the module (a browser that only reads errors) must be able to import it.
 */
function openStorage(): Storage {
  const globals = globalThis as Globals;
  const { AsyncLocalStorage } = globals.process?.getBuiltinModule?.("node:async_hooks") ?? {};
  if (AsyncLocalStorage === undefined) {
    throw new TypeError(
      "Cannot carry a context: this runtime has no AsyncLocalStorage; on workerd set the compatibility flag nodejs_compat",
    );
  }
  rememberOutsideContext();
  return storage = globals[STORAGE_KEY] ??= new AsyncLocalStorage();
}

/** The current context, whose trace may not have been read from its headers yet. */
export function currentContext(): RequestContext | undefined {
  return (storage ?? (globalThis as Globals)[STORAGE_KEY])?.getStore();
}

/** The context of the request being handled, or `undefined` outside of one. */
export function getContext(): RequestContext | undefined {
  const context = currentContext();
  if (context !== undefined) traceOf(context);
  return context;
}

/** The id of the request being handled, or `undefined` outside of one. */
export function getRequestId(): string | undefined {
  return currentContext()?.requestId;
}

/** The correlation id of the request being handled, or `undefined` outside of one. */
export function getCorrelationId(): string | undefined {
  return currentContext()?.correlationId;
}

/**
 * Runs `fn` with `context` as the current one, also across everything `fn` awaits, and returns what it returns.
 *
 * Ids, a trace and the service name that `context` leaves out are made, so a background job needs no more than
 * `runWithContext({ service: "cleanup" }, job)`. The object given is copied. Trace headers are taken as far as they are
 * legal, as from any caller.
 *
 * @example
 * ```ts
 * import { getRequestId, runWithContext } from "@glam/shared/context";
 *
 * runWithContext({ service: "cleanup", requestId: "req_nightly" }, () => {
 *   console.log(getRequestId()); // req_nightly
 * });
 * ```
 *
 * @throws {TypeError} when an id is not a text of 1 to 128 characters without control characters.
 */
export function runWithContext<T>(context: ContextInit, fn: () => T): T {
  const { requestId, correlationId, service, traceparent, tracestate, baggage } = context;
  if (requestId !== undefined) assertId("requestId", requestId);
  if (correlationId !== undefined) assertId("correlationId", correlationId);
  const trace = traceparent === undefined ? undefined : parseTraceparent(traceparent);
  return enterContext({
    ...context,
    requestId: requestId ?? makeRequestId(),
    correlationId: correlationId ?? makeCorrelationId(),
    service: service ?? readEnv("SERVICE_NAME") ?? "glam-service",
    traceparent: trace && formatTraceparent(trace),
    tracestate: trace && tracestate !== undefined ? normalizeTracestate(tracestate) : undefined,
    baggage: baggage === undefined ? undefined : normalizeBaggage(baggage),
  }, fn);
}

/** Runs `fn` with this object, not a copy of it, as the current context. */
export function enterContext<T>(context: RequestContext, fn: () => T): T {
  return (storage ?? openStorage()).run(context, fn);
}

/**
 * Adds what is known later, such as the tenant after authentication, to the current context.
 *
 * @throws {TypeError} when there is no current context.
 */
export function setContext(patch: ContextPatch): void {
  const context = currentContext();
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
