/** Calls the sinks, and contains their errors. */
export interface Output {
  /** Calls `write`. Does not throw: the first error that it throws or rejects with is reported on `console.error`. */
  send(write: () => unknown): void;
  /** Writes why a line could not be logged to `console.error`, the first time that it is called. */
  report(error: unknown): void;
  /** Resolves when every promise of a sink is settled. */
  settled(): Promise<void>;
}

/** `describe` gives the redacted text of an error. */
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
      // the console itself failed
    }
  }

  function send(write: () => unknown): void {
    // A sink that logs, or a console that is patched to log, would recurse endlessly.
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
