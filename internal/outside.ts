interface AsyncHooks {
  readonly AsyncLocalStorage?: { snapshot?(): <T>(fn: () => T) => T };
}

interface Globals {
  readonly process?: { getBuiltinModule?(name: string): AsyncHooks | undefined };
}

/** The context of the program itself: taken when this is imported, which is before any request. */
const { AsyncLocalStorage } = (globalThis as Globals).process?.getBuiltinModule?.("node:async_hooks") ?? {};
const snapshot = AsyncLocalStorage?.snapshot?.();

/**
 * Runs `fn` outside of the async context of its caller. For each `import()` that a request, a handler or a transaction may
 * be the first to need: Deno keeps the context that a module is first imported in, and enters it for whatever its servers
 * and sockets call afterwards. Then every later request would be in the first one's context, or in its transaction.
 */
export function outside<T>(fn: () => T): T {
  return snapshot === undefined ? fn() : snapshot(fn);
}
