import process from "node:process";

/** The exit code after Ctrl-C. */
export const STOPPED = 130;

/** A task runner that forwards a signal to its group delivers it twice. A person takes longer to send a second one. */
const ECHO_MS = 250;

/** A signal that aborts at the first SIGINT or SIGTERM; the second one ends the process. */
export function onInterrupt(): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  let at = -Infinity;
  const stop = () => {
    const isEcho = performance.now() - at <= ECHO_MS;
    if (controller.signal.aborted && !isEcho) process.exit(STOPPED);
    at = performance.now();
    controller.abort();
  };
  const names = ["SIGINT", "SIGTERM"] as const;
  for (const name of names) process.on(name, stop);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const name of names) process.off(name, stop);
    },
  };
}
