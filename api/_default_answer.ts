import { answerOf, isGlamError } from "../errors/glam_error.ts";

// What Hono's c.text() and the Response constructor write. They differ, which tells Hono's default answer to an
// HTTPException (a Response made by the exception) from one that an onError wrote with c.text().
const WRITTEN_BY_HONO = "text/plain; charset=UTF-8";
const WRITTEN_BY_RESPONSE = /^text\/plain;\s?charset=utf-8$/i;

/**
 * Whether this response is what Hono's default error handler answers to this error. There is no way to ask Hono, so the
 * answer is recognised by what it says.
 */
export async function isDefaultErrorAnswer(res: Response, error: Error): Promise<boolean> {
  if (isGlamError(error)) {
    // The default handler copies the response that the error made; an onError that returns it returns it itself.
    const made = answerOf(error);
    return made !== undefined && made !== res && contentTypeOf(res) === "application/json";
  }
  const exception = error as { getResponse?: unknown; res?: Response; status?: unknown };
  if (typeof exception.getResponse !== "function") {
    return res.status === 500 && contentTypeOf(res) === WRITTEN_BY_HONO &&
      await says(res, "Internal Server Error");
  }
  if (res.status !== exception.status || res.status < 400) return false;
  const contentType = contentTypeOf(res);
  if (exception.res === undefined) return isTextOfResponse(contentType) && await says(res, error.message);
  return contentType === null || isTextOfResponse(contentType);
}

/** Whether this response is what Hono's default not-found handler answers. */
export async function isDefaultNotFoundAnswer(res: Response): Promise<boolean> {
  return res.status === 404 && contentTypeOf(res) === WRITTEN_BY_HONO && await says(res, "404 Not Found");
}

function contentTypeOf(res: Response): string | null {
  return res.headers.get("content-type");
}

function isTextOfResponse(contentType: string | null): boolean {
  return contentType !== null && contentType !== WRITTEN_BY_HONO && WRITTEN_BY_RESPONSE.test(contentType);
}

/** Whether the body is exactly `text`. Reads a copy, and no further than needed. */
async function says(res: Response, text: string): Promise<boolean> {
  if (res.bodyUsed) return false;
  const reader = res.clone().body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return text === "";
  let body = "";
  try {
    while (body.length <= text.length) {
      const { done, value } = await reader.read();
      if (done) return body === text;
      body += value;
    }
    await reader.cancel();
  } catch { // a stream of the application that failed
  }
  return false;
}
