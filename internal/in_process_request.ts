// Registered, so that every copy of the package knows the mark. No header can make it: it does not leave the process.
const MARK = Symbol.for("@glam/shared.in_process.v1");

/** Marks a request that a client of this package hands to an application without a socket. */
export function markInProcess(request: Request): Request {
  return Object.defineProperty(request, MARK, { value: true });
}

/** Whether a client in this process made the request. */
export function isInProcess(request: Request): boolean {
  return (request as { readonly [MARK]?: boolean })[MARK] === true;
}
