/** A body that has more bytes than it may have. */
export class AnswerTooLarge extends Error {}

/**
 * The text of a body of at most `maxBytes`.
 *
 * @param countsBytes whether the body is known to be as long as `Content-Length` says.
 * @param signal lets go of a body that nobody waits for any more.
 * @throws {AnswerTooLarge} for a larger one, of which no more is read.
 */
export function readText(
  response: Response,
  maxBytes: number,
  countsBytes: boolean,
  signal: AbortSignal,
): Promise<string> | string {
  const { body, headers } = response;
  if (body === null) return "";
  const length = headers.get("content-length");
  if (length !== null && Number(length) > maxBytes) {
    discard(response);
    throw new AnswerTooLarge();
  }
  // What was compressed may be longer than it says.
  if (countsBytes && length !== null && !headers.has("content-encoding")) return response.text();
  return readChunks(body, maxBytes, signal);
}

async function readChunks(body: ReadableStream, maxBytes: number, signal: AbortSignal): Promise<string> {
  const reader = body.getReader();
  const cancel = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel); // the signal is of one call
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      size += value.byteLength;
      if (size > maxBytes) throw new AnswerTooLarge();
      text += decoder.decode(value, { stream: true });
    }
  } catch (error) {
    cancel();
    throw error;
  }
}

/** Lets go of a body; nobody waits for it, as one that hangs would hang here as well. */
export function discard({ body }: Response): void {
  body?.cancel().catch(() => {});
}
