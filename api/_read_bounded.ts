import { GlamError } from "../errors/glam_error.ts";

/** What says that a body has no content coding. */
const IDENTITY: ReadonlySet<string> = new Set(["", "identity"]);

/** Makes sure that a body has no content coding. */
export function assertUncoded(c: { header(name: string, value: string): void }, headers: Headers): void {
  const coding = headers.get("content-encoding");
  if (coding === null || coding.split(",").every((name) => IDENTITY.has(name.trim().toLowerCase()))) return;
  c.header("Accept-Encoding", "identity"); // RFC 9110, 15.5.16
  throw unsupported(`Expected the body to have no Content-Encoding, got ${coding.slice(0, 64)}`);
}

/** Reads a body, as far as it is not larger than `maxBytes`. */
export async function readBounded(request: Request, maxBytes: number): Promise<ArrayBuffer> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (const reader = request.body?.getReader(); reader !== undefined;) {
    const { done, value } = await reader.read().catch(endedEarly);
    if (done) break;
    size += value.byteLength;
    if (size > maxBytes) {
      reader.releaseLock(); // the server drops the rest; cancelling a form of undici's fails where nobody can catch it
      throw tooLarge(maxBytes);
    }
    chunks.push(value);
  }
  return await new Blob(chunks).arrayBuffer();
}

/** The error of a body that is too large. */
export function tooLarge(maxBytes: number): GlamError {
  return new GlamError(`The body is larger than ${maxBytes} bytes`, { code: "HTTP_413", status: 413 });
}

/** The error of a body of another kind than the one that is expected. */
export function unsupported(message: string): GlamError {
  return new GlamError(message, { code: "HTTP_415", status: 415 });
}

function endedEarly(cause: unknown): never {
  throw new GlamError("The request ended before its body was complete", {
    code: "HTTP_400",
    status: 400,
    cause,
  });
}
