import type { CallDeadline } from "./_call_deadline.ts";

/** A body that has more bytes than it may have. */
export class AnswerTooLarge extends Error {}

/**
 * The text of a body of at most `maxBytes`.
 *
 * @param countsBytes whether the body is known to be as long as `Content-Length` says.
 * @throws {AnswerTooLarge} for a larger one, of which no more is read.
 */
export async function readText(
  response: Response,
  maxBytes: number,
  deadline: CallDeadline,
  countsBytes: boolean,
): Promise<string> {
  const { body, headers } = response;
  if (body === null) return "";
  const length = headers.get("content-length");
  if (length !== null && Number(length) > maxBytes) {
    discard(response);
    throw new AnswerTooLarge();
  }
  // What was compressed may be longer than it says.
  if (countsBytes && length !== null && !headers.has("content-encoding")) {
    return await deadline.race(response.text());
  }
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await deadline.race(reader.read());
      if (done) return text + decoder.decode();
      size += value.byteLength;
      if (size > maxBytes) throw new AnswerTooLarge();
      text += decoder.decode(value, { stream: true });
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    throw error;
  }
}

/** Lets go of a body; nobody waits for it, as one that hangs would hang here as well. */
export function discard({ body }: Response): void {
  body?.cancel().catch(() => {});
}
