import { ForbiddenError } from "../errors/common.ts";
import type { ContextLike } from "./_hono.ts";

/** A scope by RFC 6749, section 3.3: others cannot be in the header. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/**
 * Checks that a caller has all of these scopes. A caller with a bearer token is answered with the challenge of RFC 6750,
 * section 3.1, beside the error.
 *
 * @throws {ForbiddenError} when one is missing; its details name all that are required.
 */
export function requireAll(c: ContextLike, required: readonly string[], given: readonly string[]): void {
  if (required.every((scope) => given.includes(scope))) return;
  if (/^bearer /i.test(c.req.raw.headers.get("authorization") ?? "")) {
    const isListable = required.every((scope) => SCOPE.test(scope));
    const list = isListable ? `, scope="${required.join(" ")}"` : "";
    const challenge = `Bearer error="insufficient_scope"${list}`;
    c.header("WWW-Authenticate" as never, challenge as never);
  }
  throw new ForbiddenError("The credential does not allow this", { details: { required_scopes: required } });
}
