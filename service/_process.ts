import { withDeadline } from "../internal/clock.ts";

/** Milliseconds for what the logger holds. */
export const FLUSH_MS = 1000;

/** The part of `process` that running a service takes. */
export interface ProcessLike {
  on(event: string, listener: (error: unknown) => void): void;
  off(event: string, listener: (error: unknown) => void): void;
  exit(code: number): never;
}

/** @throws {TypeError} on workerd, where a worker has no process of its own. */
export function processOf(): ProcessLike {
  const { process } = globalThis as unknown as { process?: ProcessLike };
  if (process?.on === undefined) throw new TypeError("Cannot run a service: this runtime has no process");
  return process;
}

const UNHANDLED = [
  ["unhandledRejection", "Unhandled rejection"],
  ["uncaughtException", "Uncaught exception"],
] as const;

/**
 * Calls `handle` for each error that no code has handled, until the returned function is called. Without a listener, Deno
 * and Node end the process at once, in the middle of other requests, and Bun goes on.
 */
export function onUnhandled(handle: (what: string, error: unknown) => void): () => void {
  const process = processOf();
  const listeners = UNHANDLED.map(([event, what]) =>
    [event, (error: unknown) => handle(what, error)] as const
  );
  for (const [event, listener] of listeners) process.on(event, listener);
  return () => listeners.forEach(([event, listener]) => process.off(event, listener));
}

/** Writes out what the logger holds; a logger without `flush` holds nothing. */
export async function flush(logger: object): Promise<void> {
  await (logger as { flush?(): Promise<void> }).flush?.();
}

/** Ends the process when the logger has been flushed, a second later at the latest. */
export async function exitProcess(code: number, flushed: Promise<void>): Promise<never> {
  await withDeadline(flushed, FLUSH_MS, "").catch(() => {});
  return processOf().exit(code);
}
