import { GlamError } from "../errors/glam_error.ts";

/** The part of a Hono `Context` that reading a body takes. */
export interface BodyContextLike {
  /** The request. */
  readonly req: {
    readonly bodyCache: { arrayBuffer?: Promise<ArrayBuffer> };
    readonly raw: Request;
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
 * @throws {GlamError} 413 `HTTP_413` when it is larger than `maxBytes`, 415 `HTTP_415` when it is of another type.
 */
export async function boundBody(c: BodyContextLike, target: string, maxBytes: number): Promise<void> {
  const { bodyCache, raw } = c.req;
  const length = raw.headers.get("content-length");
  if (length !== null && Number(length) > maxBytes) throw tooLarge(maxBytes);
  const { pattern, expected } = MEDIA_TYPES[target as keyof typeof MEDIA_TYPES];
  const mediaType = raw.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  const isExpected = mediaType !== undefined && pattern.test(mediaType);
  if (Object.keys(bodyCache).length > 0) return; // read by an earlier middleware
  if (isExpected && length !== null && !raw.headers.has("transfer-encoding")) return; // the server keeps it to its length
  const body = await readBounded(raw, maxBytes);
  if (!isExpected && body.byteLength > 0) {
    throw new GlamError(`Expected the body to be ${expected}, got ${mediaType ?? "no Content-Type"}`, {
      code: "HTTP_415",
      status: 415,
    });
  }
  bodyCache.arrayBuffer = Promise.resolve(body);
}

async function readBounded(request: Request, maxBytes: number): Promise<ArrayBuffer> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (const reader = request.body?.getReader(); reader !== undefined;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > maxBytes) {
      await reader.cancel().catch(() => {});
      throw tooLarge(maxBytes);
    }
    chunks.push(value);
  }
  return await new Blob(chunks).arrayBuffer();
}

function tooLarge(maxBytes: number): GlamError {
  return new GlamError(`The body is larger than ${maxBytes} bytes`, { code: "HTTP_413", status: 413 });
}
