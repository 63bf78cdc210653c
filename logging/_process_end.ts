interface Globals {
  readonly process?: { on?(event: "exit", listener: () => void): void };
  addEventListener?(type: string, listener: () => void): void;
}

const listeners: Set<() => void> = new Set();
let isListening = false;
let isEnding = false;

/** Calls the synchronous `listener` when the process ends. Returns a function that removes it. */
export function onProcessEnd(listener: () => void): () => void {
  listeners.add(listener);
  listen();
  return () => void listeners.delete(listener);
}

/** Whether the process is exiting, as far as the runtime tells. Work that is deferred now will not run. */
export function isProcessEnding(): boolean {
  return isEnding;
}

function listen(): void {
  if (isListening) return;
  isListening = true;
  const { addEventListener, process } = globalThis as Globals;
  process?.on?.("exit", end);
  if (!("Deno" in globalThis)) return;
  // Deno fires no "exit" event when an uncaught error ends the process.
  addEventListener?.("error", end);
  addEventListener?.("unhandledrejection", end);
}

function end(): void {
  isEnding = true;
  // A handler may prevent the exit, in which case the process continues.
  unref(setTimeout(() => isEnding = false));
  listeners.forEach((listener) => listener());
}

/** Lets the process end although the timer has not run. */
export function unref(timer: unknown): void {
  const { Deno } = globalThis as { Deno?: { unrefTimer(id: number): void } };
  if (typeof timer === "number") Deno?.unrefTimer(timer);
  else (timer as { unref?(): void }).unref?.();
}
