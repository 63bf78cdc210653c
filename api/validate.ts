import { zValidator } from "@hono/zod-validator";
import type { MiddlewareHandler, ValidationTargets } from "hono";
import type * as z from "zod";
import { ValidationError } from "../errors/common.ts";
import { GlamError } from "../errors/glam_error.ts";
import { validationErrors } from "../errors/validation_errors.ts";
import { type BodyContextLike, boundBody } from "./_bound_body.ts";

/** What of a request is validated. */
export type ValidationTarget = "cookie" | "form" | "header" | "json" | "param" | "query";

/** Options of {@link validate}. */
export interface ValidateOptions {
  /**
   * Bytes that a `json` or `form` body may have; a larger one is answered 413.
   * @default 1048576
   */
  readonly maxBodyBytes?: number | undefined;
}

/** The middleware that {@link validate} makes, typed so that `c.req.valid(target)` is the schema's output. */
export type ValidateMiddleware<Target extends ValidationTarget, Schema extends z.ZodType> = MiddlewareHandler<
  // deno-lint-ignore no-explicit-any -- fits applications of any environment
  any,
  string,
  {
    in: { [K in Target]: z.input<Schema> };
    out: { [K in Target]: z.output<Schema> };
  }
>;

/**
 * Validates a part of the request by a Zod schema; the handler reads the result with `c.req.valid(target)`.
 *
 * What does not fit is answered 422 `VALIDATION_ERROR`, with one entry in `details.validation_errors` for each problem;
 * a body of another media type 415, one that is too large 413.
 *
 * @example
 * ```ts
 * import { glamMiddleware, success, validate } from "@glam/shared/api";
 * import { Hono } from "hono";
 * import * as z from "zod";
 *
 * const app = new Hono();
 * app.use(glamMiddleware());
 * app.post("/items", validate("json", z.object({ name: z.string() })), (c) => success(c, c.req.valid("json")));
 *
 * const response = await app.request("/items", {
 *   method: "POST",
 *   headers: { "Content-Type": "application/json" },
 *   body: "{}",
 * });
 * console.log((await response.json()).error.details.validation_errors[0].field); // body.name
 * ```
 *
 * @throws {RangeError} when `maxBodyBytes` is not a whole number from 0.
 */
export function validate<Target extends ValidationTarget, Schema extends z.ZodType>(
  target: Target,
  schema: Schema,
  options: ValidateOptions = {},
): ValidateMiddleware<Target, Schema> {
  const { maxBodyBytes = DEFAULT_MAX_BODY_BYTES } = options;
  if (!Number.isSafeInteger(maxBodyBytes) || maxBodyBytes < 0) {
    throw new RangeError(`Expected \`maxBodyBytes\` to be a whole number from 0, got ${maxBodyBytes}`);
  }
  const hasBody = target === "json" || target === "form";
  const validator = zValidator(target as keyof ValidationTargets, schema, (result) => {
    if (!result.success) throw invalid(validationErrors(result.error.issues, PREFIX[target]));
  });
  return async function validateRequest(c, next) {
    if (hasBody) await boundBody(c as unknown as BodyContextLike, target, maxBodyBytes);
    let passed = false;
    try {
      return await validator(c as never, () => {
        passed = true;
        return next();
      });
    } catch (error) {
      throw hasBody && !passed ? bodyError(error, target) : error;
    }
  };
}

const DEFAULT_MAX_BODY_BYTES = 1024 * 1024;

const PREFIX = {
  cookie: "cookie",
  form: "body",
  header: "header",
  json: "body",
  param: "path",
  query: "query",
} as const;

function invalid(validation_errors: readonly object[]): ValidationError {
  return new ValidationError("Request validation failed", { details: { validation_errors } });
}

/** What reading the body threw, as an error of the request. */
function bodyError(error: unknown, target: ValidationTarget): unknown {
  if (error instanceof RangeError) { // the stack overflowed on nesting
    return invalid([{ field: "body", message: "Too deeply nested", type: "too_deep" }]);
  }
  const isUnreadable = (error as { status?: unknown } | undefined)?.status === 400 &&
    !(error instanceof GlamError);
  if (!isUnreadable) return error;
  return invalid([
    target === "json"
      ? { field: "body", message: "Malformed JSON", type: "json_invalid" }
      : { field: "body", message: "Malformed form data", type: "form_invalid" },
  ]);
}
