import { answerOf, isGlamError } from "../errors/glam_error.ts";

// What Hono's c.text() and the Response constructor write (Bun's writes none). They differ, which tells Hono's default
// answer to an HTTPException (a Response made by the exception) from one that an onError wrote with c.text().
const WRITTEN_BY_HONO = "text/plain; charset=UTF-8";
const WRITTEN_BY_RESPONSE = /^text\/plain;\s?charset=utf-8$/i;

/**
 * Whether this response is what Hono's default error handler answers to this error. There is no way to ask Hono, so the
 * answer is recognised by what it says.
 */
export async function isDefaultErrorResponse(res: Response, error: Error): Promise<boolean> {
  try {
    if (isGlamError(error)) {
      // The default handler copies the response that the error made; an onError that returns it returns it itself.
      const made = answerOf(error);
      return made !== undefined && made.response !== res && await says(res, made.body);
    }
    const exception = error as { getResponse?: unknown; res?: Response; status?: unknown };
    if (typeof exception.getResponse !== "function") {
      return res.status === 500 && contentTypeOf(res) === WRITTEN_BY_HONO &&
        await says(res, "Internal Server Error");
    }
    if (res.status !== exception.status || !isTextOfResponse(res)) return false;
    return exception.res !== undefined || await says(res, error.message);
  } catch { // a getter of the error threw: whoever made this answer knew better
    return false;
  }
}

/** Whether this response is what Hono's default not-found handler answers. */
export async function isDefaultNotFoundResponse(res: Response): Promise<boolean> {
  return res.status === 404 && contentTypeOf(res) === WRITTEN_BY_HONO && await says(res, "404 Not Found");
}

function contentTypeOf(res: Response): string | null {
  return res.headers.get("content-type");
}

/** Whether the Content-Type is the one that the Response constructor writes for a text, or none. */
export function isTextOfResponse(res: Response): boolean {
  const contentType = contentTypeOf(res);
  return contentType === null || (contentType !== WRITTEN_BY_HONO && WRITTEN_BY_RESPONSE.test(contentType));
}

/** Whether the body is exactly `text`. */
async function says(res: Response, text: string): Promise<boolean> {
  return await readText(res, text.length) === text;
}

/**
 * The text of a response, which `hono/compress` may have compressed; reads no further than `maxLength` characters need, and
 * leaves the body readable. `undefined` where it is longer, used, or no text.
 */
export async function readText(res: Response, maxLength: number): Promise<string | undefined> {
  if (res.bodyUsed) return undefined;
  const encoding = res.headers.get("content-encoding");
  const isCompressed = encoding === "gzip" || encoding === "deflate";
  const text = isCompressed
    ? await read(res.clone().body?.pipeThrough(new DecompressionStream(encoding)), maxLength)
    : undefined;
  return text ?? await read(res.clone().body, maxLength);
}

async function read(
  stream: ReadableStream<Uint8Array<ArrayBuffer>> | null | undefined,
  maxLength: number,
): Promise<string | undefined> {
  const reader = stream?.pipeThrough(new TextDecoderStream("utf-8", { fatal: true })).getReader();
  if (reader === undefined) return "";
  let body = "";
  try {
    while (body.length <= maxLength) {
      const { done, value } = await reader.read();
      if (done) return body;
      body += value;
    }
    await reader.cancel();
  } catch { // a stream of the application that failed, or is not what its header says
  }
  return undefined;
}
