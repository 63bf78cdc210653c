import type { GlamErrorConstructor, OptionsOf } from "./define_error.ts";

/**
 * An error of `Class` with a message of your own, and the foreign error as its `cause`.
 *
 * @example
 * ```ts
 * import { S3Error, wrapExternalError } from "@glam/shared/errors";
 *
 * const error = wrapExternalError(S3Error, "Cannot store the selfie", { cause: new Error("403"), bucket: "selfies" });
 * console.log(error.code, error.details); // S3_ERROR { bucket: "selfies", service: "s3", retryable: true }
 * ```
 */
export function wrapExternalError<Class extends GlamErrorConstructor>(
  Class: Class,
  message: string,
  options: OptionsOf<Class> & { readonly cause: unknown },
): InstanceType<Class> {
  const Constructor = Class as unknown as new (message: string, options: object) => InstanceType<Class>;
  return new Constructor(message, options);
}
