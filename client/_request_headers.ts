import { addPropagation } from "../context/propagation.ts";
import type { Call } from "./_call.ts";
import type { ClientSettings } from "./_client_settings.ts";

type Entry = readonly [name: string, value: string];

// RFC 9110, 5.1 and 5.5. `fetch` would refuse the same, but with the text in its message, which may be a credential.
const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * The headers of one attempt: those of the client, of the contract and of the call, each winning over the one before, then
 * ids and trace, the key, and for a service of ours the time that is left.
 *
 * @throws {TypeError} for what cannot be a header.
 */
export async function requestHeaders(
  { headers: source, trusted }: ClientSettings,
  { endpoint, prepared, deadline, headers, idempotencyKey }: Call,
): Promise<[name: string, value: string][]> {
  // A map: `Headers` costs a request over a socket a third more on Deno.
  const all = new Map<string, string>();
  const add = ([name, given]: Entry) => {
    const value = VALUE.test(given) ? given : String(given).trim(); // tokens from files end with a line break
    if (!NAME.test(name) || !VALUE.test(value)) {
      throw new TypeError(
        `Cannot call "${endpoint.route}": the header ${
          JSON.stringify(name)
        } has a name or value that HTTP forbids`,
      );
    }
    all.set(name.toLowerCase(), value);
  };
  const given = typeof source === "function" ? await deadline.race(Promise.resolve().then(source)) : source;
  if (given !== undefined) Object.entries(given).forEach(add);
  prepared.headers.forEach(add);
  if (headers !== undefined) Object.entries(headers).forEach(add);
  if (!all.has("accept")) all.set("accept", "application/json, application/problem+json");
  if (idempotencyKey !== undefined) all.set("idempotency-key", quoted(idempotencyKey));
  if (trusted) all.set("x-request-timeout-ms", String(Math.max(1, Math.floor(deadline.leftMs))));
  addPropagation(all, trusted);
  return [...all];
}

/** A string of structured fields (RFC 8941). */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
