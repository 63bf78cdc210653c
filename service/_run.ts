import { withDeadline } from "../internal/clock.ts";
import type { Lifecycle } from "./_lifecycle.ts";
import type { Settings } from "./_settings.ts";

interface ProcessLike {
  on(signal: string, listener: () => void): void;
  exit(code: number): never;
}

const FLUSH_MS = 1000;

/** Runs the service until it has stopped, and ends the process. */
export async function run(
  lifecycle: Lifecycle,
  { flush, logger }: Settings,
  finished: Promise<void>,
): Promise<never> {
  const { process } = globalThis as unknown as { process?: ProcessLike };
  if (process?.on === undefined) throw new TypeError("Cannot run a service: this runtime has no process");
  let isAsked = false;
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => {
      if (isAsked) {
        logger.warn("A second signal: ending at once", { signal });
        process.exit(1);
      }
      isAsked = true;
      lifecycle.stop(signal);
    });
  }
  lifecycle.start().catch(() => {}); // `finished` says so, too
  const code = await finished.then(() => 0, () => 1);
  await withDeadline(flush(), FLUSH_MS, "").catch(() => {});
  return process.exit(code);
}
