/** Where finished lines go. Whatever a target does, `send` returns and does not throw. */
export interface Output {
  /** Runs `write`. What it throws, or rejects with, is reported once on `console.error`. */
  send(write: () => unknown): void;
  /** Says on `console.error`, the first time it is called, why a line is missing. */
  report(error: unknown): void;
  /** Resolves when every promise so far is settled. */
  settled(): Promise<void>;
}

/** `describe` makes the text of a failure, free of secrets. */
export function createOutput(service: string, describe: (error: unknown) => string): Output {
  const pending = new Set<Promise<unknown>>();
  let isSending = false;
  let hasReported = false;

  function report(error: unknown): void {
    if (hasReported) return;
    hasReported = true;
    try {
      console.error(`Logger of "${service}" cannot write: ${describe(error)}`);
    } catch {
      // the console is what failed
    }
  }

  function send(write: () => unknown): void {
    // A sink that logs, or a console that is patched to log, would go on for ever.
    if (isSending) return report(new Error("a sink logged to its own logger"));
    isSending = true;
    try {
      const result = write();
      if (isThenable(result)) {
        const work = Promise.resolve(result).catch(report).finally(() => pending.delete(work));
        pending.add(work);
      }
    } catch (error) {
      report(error);
    } finally {
      isSending = false;
    }
  }

  return {
    send,
    report,
    async settled() {
      while (pending.size > 0) await Promise.all(pending);
    },
  };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
