import { GlamError } from "../errors/glam_error.ts";
import { isTextOfResponse, readText } from "./_hono_defaults.ts";

/** The part of Hono's `HTTPException` that an answer is made of. */
interface ExceptionLike {
  readonly message: string;
  readonly res?: Response | undefined;
  getResponse(): Response;
}

/** Characters of a text that are taken for a message. */
const MAX_MESSAGE = 1024;

/** The response that an `HTTPException` was given, where `error` is one that has a response. */
export function responseOfException(error: unknown): Response | undefined {
  const { getResponse, res } = error as Partial<ExceptionLike>;
  return typeof getResponse === "function" && res instanceof Response ? res : undefined;
}

/**
 * `mapped`, the error that an `HTTPException` became, with the text of the exception's response as its message, where the
 * exception has no message of its own. `answer` is that response or a copy of it, whose body is not read yet.
 */
export async function withExceptionText(
  mapped: GlamError,
  exception: unknown,
  answer: Response,
): Promise<GlamError> {
  const isOfHono = mapped.cause === exception && mapped.code === `HTTP_${mapped.status}`; // not of `errors.map`
  if (!isOfHono || (exception as ExceptionLike).message !== "") return mapped;
  if (responseOfException(exception) === undefined || !isTextOfResponse(answer)) return mapped;
  const text = (await readText(answer, MAX_MESSAGE))?.trim();
  if (!text) return mapped;
  const { code, status } = mapped;
  return new GlamError(text, { code, status, cause: exception });
}
