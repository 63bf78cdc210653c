/**
 * Waiting for what comes soon where all is well.
 *
 * @module
 */

/**
 * How long any test waits before it gives up. It is the same everywhere, and long: a condition that comes costs nothing of
 * it, and a machine with other work takes its time.
 */
export const PATIENCE_MS = 120_000;

/**
 * Resolves as soon as `condition` gives something true, which it is asked for again and again.
 *
 * @throws {Error} that names `what` was waited for, after {@link PATIENCE_MS}
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  what: string | (() => string) = String(condition),
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expired = new Promise<undefined>((resolve) =>
    timer = setTimeout(() => resolve(undefined), PATIENCE_MS)
  );
  const until = performance.now() + PATIENCE_MS;
  try {
    for (;;) {
      // A condition that hangs ends with the time, too.
      const result = await Promise.race([condition(), expired]);
      if (result) return result;
      if (performance.now() >= until) break;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  } finally {
    clearTimeout(timer);
  }
  throw new Error(
    `Waited ${PATIENCE_MS / 1000} s in vain until: ${typeof what === "string" ? what : what()}`,
  );
}
