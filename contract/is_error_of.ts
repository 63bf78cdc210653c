import { isGlamError } from "../errors/glam_error.ts";
import type { AnyEndpoint, ErrorsOf } from "./endpoint.ts";

/**
 * Whether an error is one that this endpoint declares. Classes are compared by their code, so that the error of another
 * copy of the package is known as well.
 */
export function isErrorOf<E extends AnyEndpoint>(endpoint: E, error: unknown): error is ErrorsOf<E> {
  return isGlamError(error) && endpoint.errors.some(({ code }) => code === error.code);
}
