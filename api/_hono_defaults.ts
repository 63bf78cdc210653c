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
    if (res.status !== exception.status || !isTextOfResponse(contentTypeOf(res))) return false;
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

function isTextOfResponse(contentType: string | null): boolean {
  return contentType === null || (contentType !== WRITTEN_BY_HONO && WRITTEN_BY_RESPONSE.test(contentType));
}

/** Whether the body, which `hono/compress` may have compressed, is exactly `text`. */
async function says(res: Response, text: string): Promise<boolean> {
  if (res.bodyUsed) return false;
  if (await reads(res.clone().body, text)) return true;
  const encoding = res.headers.get("content-encoding");
  if (encoding !== "gzip" && encoding !== "deflate") return false;
  return await reads(res.clone().body?.pipeThrough(new DecompressionStream(encoding)), text);
}

/** Whether a stream holds exactly `text`. Reads no further than needed. */
async function reads(
  stream: ReadableStream<Uint8Array<ArrayBuffer>> | null | undefined,
  text: string,
): Promise<boolean> {
  const reader = stream?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return text === "";
  let body = "";
  try {
    while (body.length <= text.length) {
      const { done, value } = await reader.read();
      if (done) return body === text;
      body += value;
    }
    await reader.cancel();
  } catch { // a stream of the application that failed, or is not what its header says
  }
  return false;
}
