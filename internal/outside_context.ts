import { detectRuntime } from "./runtime.ts";

type Snapshot = <T>(fn: () => T) => T;

interface AsyncHooks {
  readonly AsyncLocalStorage?: { snapshot?(): Snapshot };
}

// One for all copies of the package in a process: the first copy takes it, others may be loaded within a request.
const OUTSIDE = Symbol.for("@glam/shared.outside.v1");

interface Globals {
  [OUTSIDE]?: Snapshot | undefined;
  readonly process?: { getBuiltinModule?(name: string): AsyncHooks | undefined };
}

/**
 * Captures the async context of the program itself, for {@link outsideContext}. Call it before the first context is
 * entered, and not at import: `node:async_hooks` takes longer to load than this whole package. It does nothing on workerd,
 * where every context belongs to a request and cannot be used by others.
 */
export function rememberOutsideContext(): void {
  if (detectRuntime() === "workerd") return;
  const globals = globalThis as Globals;
  globals[OUTSIDE] ??= globals.process?.getBuiltinModule?.("node:async_hooks")?.AsyncLocalStorage
    ?.snapshot?.();
}

/**
 * Runs `fn` outside of the caller's async context. Use it for every `import()` that may first run within a request, a
 * handler or a transaction: Deno keeps the async context of a module's first import, and enters it for the callbacks of the
 * servers and sockets that the module opens. Later requests would then run in the context, or the transaction, of the first.
 */
export function outsideContext<T>(fn: () => T): T {
  const snapshot = (globalThis as Globals)[OUTSIDE];
  return snapshot === undefined ? fn() : snapshot(fn);
}
