// The members of Node's modules that the pool uses, as structural types: `node:` types would appear in public
// declarations, and imports would load the modules in programs that have no database.

/** The members of `net.Socket` and `tls.TLSSocket` that are used. */
export interface Socket {
  readonly destroyed: boolean;
  write(chunk: Uint8Array, ...rest: unknown[]): boolean;
  destroy(error?: Error): void;
  on(event: string, listener: (...values: never[]) => void): this;
  once(event: string, listener: (...values: never[]) => void): this;
  removeListener(event: string, listener: (...values: never[]) => void): this;
  off(event: string, listener: (...values: never[]) => void): this;
  setNoDelay?(on: boolean): void;
}

/** A socket that is not connected yet. */
export interface ConnectableSocket extends Socket {
  connect(target: object): void;
}

interface Modules {
  "node:async_hooks": {
    readonly AsyncLocalStorage: {
      new <T>(): AsyncStorage<T>;
      snapshot?(): <T>(fn: () => T) => T;
    };
  };
  "node:net": {
    readonly Socket: new () => ConnectableSocket;
    isIP(host: string): number;
  };
  "node:tls": { connect(options: object): Socket };
}

/** The members of `AsyncLocalStorage` that are used. */
export interface AsyncStorage<T> {
  getStore(): T | undefined;
  run<R, A extends readonly unknown[]>(store: T | undefined, fn: (...given: A) => R, ...given: A): R;
}

/**
 * Loads a built-in module of Node, also on Deno, Bun and workerd.
 *
 * @throws {TypeError} where the runtime has no such module.
 */
export function nodeModule<Name extends keyof Modules>(name: Name): Modules[Name] {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  const found = process?.getBuiltinModule?.(name);
  if (found === undefined) {
    throw new TypeError(
      `Cannot use a database: this runtime has no ${name}; on workerd set the compatibility flag nodejs_compat`,
    );
  }
  return found as Modules[Name];
}
