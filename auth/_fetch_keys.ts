import type { JsonWebKeySet } from "./key_set.ts";

const TIMEOUT_MS = 5000;
const MAX_BYTES = 1024 * 1024;

/**
 * Fetches a JWKS. Its errors name the host and path alone, as a query can be a credential.
 */
export async function fetchKeys(url: URL): Promise<JsonWebKeySet> {
  const where = `${url.origin}${url.pathname}`;
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const ask = () =>
      fetch(url, {
        headers: { Accept: "application/jwk-set+json, application/json" },
        redirect: "manual", // keys come from the address that was given, and from no other
        signal,
      });
    // A connection that was kept may turn out to be dead, which says nothing of the issuer.
    const response = await ask().catch((error) => error instanceof TypeError ? ask() : Promise.reject(error));
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(`it answered ${response.status}`);
    }
    return JSON.parse(await readText(response));
  } catch (error) {
    throw new Error(`Cannot load the keys of ${where}: ${describe(error)}`);
  }
}

async function readText({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for (const reader = body!.getReader();;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.byteLength;
    if (size > MAX_BYTES) {
      await reader.cancel();
      throw new Error(`it sent more than ${MAX_BYTES} bytes`);
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** A few words, for the messages of runtimes repeat the whole URL. */
function describe(error: unknown): string {
  const { name, message } = error as Error;
  if (name === "TimeoutError") return `no answer within ${TIMEOUT_MS} ms`;
  if (error instanceof SyntaxError) return "what it sent is not JSON";
  return error instanceof TypeError ? "it could not be reached" : message;
}
