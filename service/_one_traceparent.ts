/** Published by Node's `fetch`, before a request is sent. */
const CREATED = "undici:request:create";

interface DiagnosticsChannel {
  hasSubscribers(name: string): boolean;
  subscribe(name: string, listener: (message: unknown) => void): void;
}

interface Created {
  /** Names and values in turns. */
  readonly request?: { readonly headers?: unknown };
}

let isWatching = false;

/**
 * Where the `fetch` of Node is instrumented, leaves one `traceparent` on a request: an instrumentation of OpenTelemetry adds
 * its own without a look at what is there, and a receiver takes two for none. The last one is that of the span of the request.
 */
export function keepOneTraceparent(): void {
  const { process } = globalThis as unknown as {
    readonly process?: { getBuiltinModule?(name: string): DiagnosticsChannel | undefined };
  };
  const channels = process?.getBuiltinModule?.("node:diagnostics_channel");
  if (isWatching || channels?.hasSubscribers(CREATED) !== true) return;
  isWatching = true;
  channels.subscribe(CREATED, (message) => {
    const headers = (message as Created).request?.headers;
    if (Array.isArray(headers)) removeAllButLast(headers, "traceparent");
  });
}

function removeAllButLast(headers: unknown[], name: string): void {
  let isLast = true;
  for (let i = headers.length - 2; i >= 0; i -= 2) {
    const key = headers[i];
    if (typeof key !== "string" || key.toLowerCase() !== name) continue;
    if (!isLast) headers.splice(i, 2);
    isLast = false;
  }
}
