import { GlamError } from "../errors/glam_error.ts";

/** The part of a Hono `Context` that reading a body takes. */
export interface BodyContextLike {
  /** The request. */
  readonly req: {
    readonly bodyCache: { arrayBuffer?: Promise<ArrayBuffer> };
    readonly raw: Request;
    arrayBuffer(): Promise<ArrayBuffer>;
  };
}

const MEDIA_TYPES = {
  form: { pattern: /^(multipart\/form-data|application\/x-www-form-urlencoded)$/, expected: "a form" },
  json: { pattern: /^application\/([\w.-]+\+)?json$/, expected: "application/json" },
} as const;

/**
 * Makes sure that the body of a request is of the right media type and not too large, before anything parses it. The
 * body stays readable through `c.req`.
 *
 * @throws {GlamError} 413 `HTTP_413` when it is larger than `maxBytes`, 415 `HTTP_415` when it is of another type,
 * 400 `HTTP_400` when it ends early.
 */
export async function limitBody(
  { req }: BodyContextLike,
  target: "form" | "json",
  maxBytes: number,
): Promise<void> {
  const { headers } = req.raw;
  const length = headers.get("content-length");
  if (length !== null && Number(length) > maxBytes) throw tooLarge(maxBytes);
  const { pattern, expected } = MEDIA_TYPES[target];
  const mediaType = headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  const isExpected = mediaType !== undefined && pattern.test(mediaType);
  const isRead = Object.keys(req.bodyCache).length > 0; // by an earlier middleware
  // A server keeps a body to the length that it announced.
  if (isExpected && !isRead && length !== null && !headers.has("transfer-encoding")) return;
  const body = isRead ? await req.arrayBuffer() : await readBounded(req.raw, maxBytes);
  if (body.byteLength > maxBytes) throw tooLarge(maxBytes);
  if (!isExpected && body.byteLength > 0) {
    throw new GlamError(`Expected the body to be ${expected}, got ${mediaType ?? "no Content-Type"}`, {
      code: "HTTP_415",
      status: 415,
    });
  }
  if (!isRead) req.bodyCache.arrayBuffer = Promise.resolve(body);
}

async function readBounded(request: Request, maxBytes: number): Promise<ArrayBuffer> {
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

function tooLarge(maxBytes: number): GlamError {
  return new GlamError(`The body is larger than ${maxBytes} bytes`, { code: "HTTP_413", status: 413 });
}

function endedEarly(cause: unknown): never {
  throw new GlamError("The request ended before its body was complete", {
    code: "HTTP_400",
    status: 400,
    cause,
  });
}
