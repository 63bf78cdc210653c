/**
 * Whether this is what reading the body of a request throws when the client went away in the middle of it.
 *
 * Node and Bun also abort the request's signal, which tells it from a failed call of our own; Deno does not, and warns when
 * the signal is read.
 */
export function isClientDisconnect(error: unknown, request: Request): boolean {
  const { name, code, message } = (error ?? {}) as { name?: unknown; code?: unknown; message?: unknown };
  if (name === "BadResource") return /^Cannot read (request )?body/.test(String(message)); // Deno
  const isAborted = (name === "AbortError" && message === "The connection was closed.") || // Bun
    (code === "ECONNRESET" && message === "aborted"); // Node
  return isAborted && request.signal.aborted;
}
