interface Globals {
  readonly process?: { on?(event: "exit", listener: () => void): void };
  addEventListener?(type: string, listener: () => void): void;
}

const listeners: Set<() => void> = new Set();
let isListening = false;
let isEnding = false;

/** Calls `listener`, which must not wait, when the process ends. Gives the way to take it off again. */
export function onProcessEnd(listener: () => void): () => void {
  listeners.add(listener);
  listen();
  return () => void listeners.delete(listener);
}

/** Whether the process is in its last turn, as far as can be known: what is put off now is lost. */
export function isProcessEnding(): boolean {
  return isEnding;
}

function listen(): void {
  if (isListening) return;
  isListening = true;
  const { addEventListener, process } = globalThis as Globals;
  process?.on?.("exit", end);
  if (!("Deno" in globalThis)) return;
  // An error that nobody catches ends Deno without the event.
  addEventListener?.("error", end);
  addEventListener?.("unhandledrejection", end);
}

function end(): void {
  isEnding = true;
  // Somebody may handle the error, and the process go on.
  unref(setTimeout(() => isEnding = false));
  listeners.forEach((listener) => listener());
}

/** Lets the process end although the timer has not run. */
export function unref(timer: unknown): void {
  const { Deno } = globalThis as { Deno?: { unrefTimer(id: number): void } };
  if (typeof timer === "number") Deno?.unrefTimer(timer);
  else (timer as { unref?(): void }).unref?.();
}
