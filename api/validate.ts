import { assertWhole } from "../internal/assert_number.ts";
import { outsideContext } from "../internal/outside_context.ts";
import type { MiddlewareHandler, ValidationTargets } from "hono";
import type * as z from "zod";
import { ValidationError } from "../errors/common.ts";
import { isGlamError } from "../errors/glam_error.ts";
import { type IssueLike, validationDetails } from "../errors/validation_errors.ts";
import { loadDocs } from "./_docs_loader.ts";
import { isTooDeep } from "./_json_depth.ts";
import { type IsListField, listFieldsOf, withLists } from "./_list_fields.ts";
import { type BodyContextLike, limitBody } from "./_limit_body.ts";
import { mergeValidated, type ValidatedContextLike } from "./_merge_validated.ts";
import { markRoute } from "./_route_meta.ts";

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
 * Validates a part of the request by a Zod schema; the handler reads the result with `c.req.valid(target)`. Of several
 * with one target that has all results: objects merge, and later keys win.
 *
 * In a query or a form, what the schema calls a list is one, of a single value too; a union of a text and a list stays a
 * text.
 *
 * What does not fit is answered 422 `VALIDATION_ERROR`, with an entry in `details.validation_errors` for each problem: at
 * most 100 entries and 64 KiB, `field` and `message` at most 256 characters each. `details.omitted_errors` counts the
 * entries that are left out. A body of another media type, content coding or charset is answered 415, one that is too
 * large 413.
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
  assertWhole("maxBodyBytes", maxBodyBytes, 0);
  const loading = loadValidator(target, schema);
  loading.catch(() => {}); // each request reports it
  const validateRequest: ValidateMiddleware<Target, Schema> = async (c, next) => {
    const validator = await loading;
    const merge = mergeValidated(c as unknown as ValidatedContextLike, target);
    let passed = false;
    const pass = () => {
      passed = true;
      merge();
      return next();
    };
    if (target !== "json" && target !== "form") return await validator(c, pass);
    await limitBody(c as unknown as BodyContextLike, target, maxBodyBytes);
    try {
      if (target === "json" && isTooDeep(await c.req.text())) throw tooDeep();
      return await validator(c, pass);
    } catch (error) {
      throw passed ? error : bodyError(error, target);
    }
  };
  return markRoute(validateRequest, { validates: { target, schema }, loadDocs });
}

/** The validator of `@hono/zod-validator`, imported by the first route that needs it because the import takes time. */
async function loadValidator(target: ValidationTarget, schema: z.ZodType): Promise<MiddlewareHandler> {
  const { zValidator } = await outsideContext(() => import("@hono/zod-validator"));
  const check = (issues: readonly IssueLike[] | undefined) => {
    if (issues !== undefined) throw invalid(issues, PREFIX[target]);
  };
  let isList: IsListField | undefined; // found at the first request: what a lazy schema names may not be there yet
  const options = target === "form" || target === "query"
    ? {
      validationFunction: (_: z.ZodType, value: unknown) =>
        schema.safeParseAsync(withLists(value, isList ??= listFieldsOf(schema))),
    }
    : undefined;
  try {
    return zValidator(
      target as keyof ValidationTargets,
      schema,
      (result) => check(result.success ? undefined : result.error.issues),
      options as never,
    ) as MiddlewareHandler;
  } catch { // it looks for the names of a header schema at one place, where not every schema has them
    const { validator } = await outsideContext(() => import("hono/validator"));
    const names = new Map(namesOf(schema).map((name) => [name.toLowerCase(), name]));
    return validator(target as keyof ValidationTargets, async (value) => {
      const entries = Object.entries(value).map(([name, text]) => [names.get(name) ?? name, text]);
      const { data, error } = await schema.safeParseAsync(Object.fromEntries(entries));
      check(error?.issues);
      return data;
    }) as MiddlewareHandler;
  }
}

/** The names of an object schema, behind whatever transforms it; a union or a record has none to tell. */
function namesOf(schema: object): string[] {
  const { in: input, shape } = schema as { in?: object; shape?: object };
  return input === undefined ? Object.keys(shape ?? {}) : namesOf(input);
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

function invalid(issues: readonly IssueLike[], prefix: string): ValidationError {
  return new ValidationError("Request validation failed", { details: validationDetails(issues, prefix) });
}

function tooDeep(): ValidationError {
  return invalid([{ path: [], message: "Nested over 500 levels deep", code: "too_deep" }], "body");
}

/** What reading the body threw, as an error of the request. */
function bodyError(error: unknown, target: "form" | "json"): unknown {
  if (error instanceof RangeError) return tooDeep(); // the schema follows the nesting, and the stack overflowed
  const isUnreadable = (error as { status?: unknown } | undefined)?.status === 400 && !isGlamError(error);
  if (!isUnreadable) return error;
  const [message, code] = target === "json"
    ? ["Malformed JSON", "json_invalid"]
    : ["Malformed form data", "form_invalid"];
  return invalid([{ path: [], message: message!, code }], "body");
}
