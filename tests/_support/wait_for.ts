/**
 * Waiting for conditions.
 *
 * @module
 */

/**
 * How long a test waits before it fails. It is the same everywhere, and long, because it costs nothing when the condition
 * is met, and a busy machine is slow.
 */
export const PATIENCE_MS = 120_000;

/**
 * Calls `condition` repeatedly, and resolves when it gives a truthy value.
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
      // A condition that hangs times out as well.
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
