import { ON_DENO } from "../internal/runtime.ts";

/**
 * Whether reading the body of a request threw this because the client went away before the body was complete, or sent a
 * body with broken framing.
 *
 * Node and Bun also abort the request's signal, which tells the error from that of a failed call to another service. Deno
 * does not, and warns when the signal is read; its own errors are recognised by their names.
 */
export function isClientDisconnect(error: unknown, request: Request): boolean {
  const { name, code, message } = (error ?? {}) as { name?: unknown; code?: unknown; message?: unknown };
  if (ON_DENO) {
    if (name === "Http") return true; // Deno.errors.Http: only the HTTP server throws it
    return /^(Cannot read (request )?body|invalid HTTP\/1 request)/.test(String(message));
  }
  const isAborted = (name === "AbortError" && message === "The connection was closed.") || // Bun
    (code === "ECONNRESET" && message === "aborted"); // Node
  return isAborted && request.signal.aborted;
}
