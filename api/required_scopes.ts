import { ForbiddenError } from "../errors/common.ts";

/**
 * Checks that a caller has all of these scopes.
 *
 * @throws {ForbiddenError} when one is missing; its details name all that are required.
 */
export function requireAll(required: readonly string[], given: readonly string[]): void {
  if (required.every((scope) => given.includes(scope))) return;
  throw new ForbiddenError("The credential does not allow this", { details: { required_scopes: required } });
}
