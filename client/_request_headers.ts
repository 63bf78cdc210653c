import { propagationHeaders } from "../context/propagation.ts";
import type { Call } from "./_call.ts";
import type { ClientSettings } from "./_client_settings.ts";

/**
 * The headers of one attempt: those of the client, of the contract and of the call, each winning over the one before, then
 * ids and trace, the key, and for a service of ours the time that is left.
 *
 * @throws {TypeError} for what cannot be a header; the text itself is not repeated, as it may be a credential.
 */
export async function requestHeaders(
  { headers: source, trusted }: ClientSettings,
  { endpoint, prepared, deadline, headers, idempotencyKey }: Call,
): Promise<Headers> {
  const given = typeof source === "function" ? await deadline.race(Promise.resolve().then(source)) : source;
  const all = new Headers();
  const add = ([name, value]: readonly [name: string, value: string]) => {
    try {
      all.set(name, value);
    } catch {
      throw new TypeError(
        `Cannot call "${endpoint.route}": the header ${
          JSON.stringify(name)
        } has a name or value that HTTP forbids`,
      );
    }
  };
  if (given !== undefined) Object.entries(given).forEach(add);
  prepared.headers.forEach(add);
  if (headers !== undefined) Object.entries(headers).forEach(add);
  if (!all.has("Accept")) all.set("Accept", "application/json, application/problem+json");
  if (idempotencyKey !== undefined) all.set("Idempotency-Key", quoted(idempotencyKey));
  if (trusted) all.set("X-Request-Timeout-Ms", String(Math.max(1, Math.floor(deadline.leftMs))));
  return propagationHeaders(all, { trusted });
}

/** A string of structured fields (RFC 8941). */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
