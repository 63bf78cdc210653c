import type { ContextLike } from "./_hono.ts";
import { assertUncoded, readBounded, tooLarge } from "./_read_bounded.ts";

/** The part of a Hono `Context` that reading a body as it is takes. */
export interface RawBodyContext extends ContextLike {
  /** The request. */
  readonly req: ContextLike["req"] & {
    /** What was read of the body. */
    readonly bodyCache: object;
    /** The body as bytes. */
    arrayBuffer(): Promise<ArrayBuffer>;
  };
}

/**
 * The body of a request, byte by byte, before anything parses it. It stays readable through `c.req`.
 *
 * @throws {GlamError} 413 when it is larger than `maxBytes`, 415 when it has a content coding, 400 when it ends early.
 * @throws {TypeError} when it was parsed before, so that its bytes are no longer known.
 */
export async function readRawBody(c: RawBodyContext, maxBytes: number): Promise<Uint8Array> {
  const { req } = c;
  const { headers } = req.raw;
  assertUncoded(c as unknown as { header(name: string, value: string): void }, headers);
  if (Number(headers.get("content-length") ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const bodyCache = req.bodyCache as BodyCache;
  const isRead = Object.keys(bodyCache).length > 0;
  if (isRead ? bodyCache.arrayBuffer === undefined && bodyCache.text === undefined : req.raw.bodyUsed) {
    throw new TypeError(
      "The body was read before its signature could be compared: register what reads it behind this",
    );
  }
  const body = isRead ? await req.arrayBuffer() : await readBounded(req.raw, maxBytes);
  if (body.byteLength > maxBytes) throw tooLarge(maxBytes);
  bodyCache.arrayBuffer ??= Promise.resolve(body);
  return new Uint8Array(body);
}

/** What Hono keeps of a body; its types name what the promises give. */
interface BodyCache {
  arrayBuffer?: Promise<ArrayBuffer>;
  text?: Promise<string>;
}
