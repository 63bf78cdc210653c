import { assertUncoded, readBounded, tooLarge, unsupported } from "./_read_bounded.ts";
import { formDataWithTypes, losesFileTypes } from "./_form_data.ts";

/** The part of a Hono `Context` that reading a body takes. */
export interface BodyContextLike {
  /** Sets a header of the answer. */
  header(name: string, value: string): void;
  /** The request. */
  readonly req: {
    readonly bodyCache: { arrayBuffer?: Promise<ArrayBuffer>; formData?: Promise<FormData> };
    readonly raw: Request;
    arrayBuffer(): Promise<ArrayBuffer>;
  };
}

const MEDIA_TYPES = {
  form: { pattern: /^(multipart\/form-data|application\/x-www-form-urlencoded)$/, expected: "a form" },
  json: { pattern: /^application\/([\w.-]+\+)?json$/, expected: "application/json" },
} as const;

/** The charset of a media type, quoted or not. */
const CHARSET = /;\s*charset\s*=\s*"?([^\s;"]*)/i;

/** What `TextDecoder` calls UTF-8, and what every reader of UTF-8 reads. */
const READ_CHARSETS: ReadonlySet<string> = new Set(["ascii", "us-ascii", "utf-8", "utf8"]);

/**
 * Makes sure that the body of a request is one that can be parsed and not too large, before anything parses it. The body
 * stays readable through `c.req`.
 *
 * @throws {GlamError} 413 `HTTP_413` when it is larger than `maxBytes`, 415 `HTTP_415` when it is of another type, has a
 * content coding, or is in another charset than UTF-8, 400 `HTTP_400` when it ends early.
 */
export async function limitBody(
  c: BodyContextLike,
  target: "form" | "json",
  maxBytes: number,
): Promise<void> {
  const { req } = c;
  const { headers } = req.raw;
  assertUncoded(c, headers);
  const length = headers.get("content-length");
  if (length !== null && Number(length) > maxBytes) throw tooLarge(maxBytes);
  const { pattern, expected } = MEDIA_TYPES[target];
  const contentType = headers.get("content-type") ?? undefined;
  const mediaType = contentType?.split(";")[0]?.trim().toLowerCase();
  const isExpected = mediaType !== undefined && pattern.test(mediaType);
  const isRead = Object.keys(req.bodyCache).length > 0; // by an earlier middleware
  const charset = isExpected ? CHARSET.exec(contentType!)?.[1]?.toLowerCase() : undefined;
  if (charset !== undefined && !READ_CHARSETS.has(charset)) {
    throw unsupported(`Expected the charset of the body to be UTF-8, got ${charset.slice(0, 64)}`);
  }
  const needsTypes = mediaType === "multipart/form-data" && isExpected &&
    req.bodyCache.formData === undefined && await losesFileTypes();
  // A server keeps a body to the length that it announced.
  const isBounded = isExpected && !isRead && length !== null && !headers.has("transfer-encoding");
  if (isBounded && !needsTypes) return;
  const body = isRead ? await req.arrayBuffer() : await readBounded(req.raw, maxBytes);
  if (body.byteLength > maxBytes) throw tooLarge(maxBytes);
  if (!isExpected && body.byteLength > 0) {
    throw unsupported(`Expected the body to be ${expected}, got ${mediaType ?? "no Content-Type"}`);
  }
  if (!isRead) req.bodyCache.arrayBuffer = Promise.resolve(body);
  if (needsTypes) {
    const form = await formDataWithTypes(body, contentType!).catch(() => undefined);
    // One that is malformed fails for whoever reads it.
    if (form !== undefined) req.bodyCache.formData = Promise.resolve(form);
  }
}
