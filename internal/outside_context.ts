import { detectRuntime } from "./runtime.ts";

type Snapshot = <T>(fn: () => T) => T;

interface AsyncHooks {
  readonly AsyncLocalStorage?: { snapshot?(): Snapshot };
}

// Of all copies of the package in a process the first takes it: the others may begin within a request of its.
const OUTSIDE = Symbol.for("@glam/shared.outside.v1");

interface Globals {
  [OUTSIDE]?: Snapshot | undefined;
  readonly process?: { getBuiltinModule?(name: string): AsyncHooks | undefined };
}

/**
 * Takes the async context of the program itself, for {@link outsideContext}: to be called before the first context is entered,
 * and not at import, since the runtime's module for it takes longer to load than this whole package. On workerd there is
 * nothing outside of a request: what one takes is refused to all others.
 */
export function rememberOutsideContext(): void {
  if (detectRuntime() === "workerd") return;
  const globals = globalThis as Globals;
  globals[OUTSIDE] ??= globals.process?.getBuiltinModule?.("node:async_hooks")?.AsyncLocalStorage
    ?.snapshot?.();
}

/**
 * Runs `fn` outside of the async context of its caller. For each `import()` that a request, a handler or a transaction may
 * be the first to need: Deno keeps the context that a module is first imported in, and enters it for whatever its servers
 * and sockets call afterwards. Then every later request would be in the first one's context, or in its transaction.
 */
export function outsideContext<T>(fn: () => T): T {
  const snapshot = (globalThis as Globals)[OUTSIDE];
  return snapshot === undefined ? fn() : snapshot(fn);
}
