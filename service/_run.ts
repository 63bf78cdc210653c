import { withDeadline } from "../internal/clock.ts";
import type { Lifecycle } from "./_lifecycle.ts";
import type { Settings } from "./_settings.ts";

interface ProcessLike {
  on(event: string, listener: (error: unknown) => void): void;
  exit(code: number): never;
}

const FLUSH_MS = 1000;
/** A task runner that forwards a signal to its group delivers it twice. A person takes longer to send a second one. */
const ECHO_MS = 250;

/** Milliseconds until the process exits after an error that no code has handled, however far the stop is. */
const CRASH_MS = 10_000;

/** Runs the service until it has stopped, and exits the process. */
export async function run(
  lifecycle: Lifecycle,
  { flush, logger }: Settings,
  finished: Promise<void>,
): Promise<never> {
  const { process } = globalThis as unknown as { process?: ProcessLike };
  if (process?.on === undefined) throw new TypeError("Cannot run a service: this runtime has no process");
  let first: { readonly signal: string; readonly at: number } | undefined;
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => {
      const at = performance.now();
      if (first === undefined) {
        first = { signal, at };
        lifecycle.stop(signal);
      } else if (signal !== first.signal || at - first.at > ECHO_MS) {
        logger.warn("A second signal: ending at once", { signal });
        process.exit(1);
      }
    });
  }
  let crashed = false;
  const exit = async (code: number) => {
    await withDeadline(flush(), FLUSH_MS, "").catch(() => {});
    return process.exit(code);
  };
  // Without a listener, Deno and Node end the process at once, in the middle of other requests, and Bun goes on.
  for (const [event, what] of UNHANDLED) {
    process.on(event, (error) => {
      if (!crashed) setTimeout(() => exit(1), CRASH_MS - FLUSH_MS);
      crashed = true;
      lifecycle.crash(what, error);
    });
  }
  lifecycle.start().catch(() => {}); // `finished` rejects, too
  const isInOrder = await finished.then(() => true, () => false);
  return await exit(isInOrder && !crashed ? 0 : 1);
}

const UNHANDLED = [
  ["unhandledRejection", "Unhandled rejection"],
  ["uncaughtException", "Uncaught exception"],
] as const;
