import type { Lifecycle } from "./_lifecycle.ts";
import { exitProcess, FLUSH_MS, onUnhandled, processOf } from "./_process.ts";
import type { Settings } from "./_settings.ts";

/** A task runner that forwards a signal to its group delivers it twice. A person takes longer to send a second one. */
const ECHO_MS = 250;

/** Milliseconds until the process exits after an error that no code has handled, however far the stop is. */
const CRASH_MS = 10_000;

/** Runs the service until it has stopped, and exits the process. */
export async function run(
  lifecycle: Lifecycle,
  { flush, graceMs, logger }: Settings,
  finished: Promise<void>,
): Promise<never> {
  const process = processOf();
  let last: { readonly signal: string; readonly at: number } | undefined;
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => {
      const at = performance.now();
      const isEcho = signal === last?.signal && at - last.at <= ECHO_MS;
      if (isEcho) return;
      if (last === undefined) {
        const hasGrace = lifecycle.state === "ready" && graceMs > 0;
        lifecycle.stop(signal);
        if (hasGrace && signal === "SIGINT") {
          logger.info("Ctrl-C again ends the grace", { grace_ms: graceMs });
        }
      } else if (lifecycle.inGrace) {
        lifecycle.stop(signal, 0);
      } else {
        logger.warn("Another signal: ending at once", { signal });
        process.exit(1);
      }
      last = { signal, at };
    });
  }
  let crashed = false;
  const exit = (code: number) => exitProcess(code, flush());
  onUnhandled((what, error) => {
    if (!crashed) setTimeout(() => exit(1), CRASH_MS - FLUSH_MS);
    crashed = true;
    lifecycle.crash(what, error);
  });
  lifecycle.start().catch(() => {}); // `finished` rejects, too
  const isInOrder = await finished.then(() => true, () => false);
  return await exit(isInOrder && !crashed ? 0 : 1);
}
