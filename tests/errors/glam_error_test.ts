import assert from "node:assert/strict";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  ForbiddenError,
  GlamError,
  isGlamError,
  isRetryableError,
  NotFoundError,
  RateLimitedError,
  toGlamError,
  UnauthorizedError,
  ValidationError,
} from "@glam/shared/errors";

/** GlamError as another copy of the package, at another place, has it. */
async function otherCopy(): Promise<typeof GlamError> {
  const directory = await mkdtemp(join(tmpdir(), "glam-errors-"));
  try {
    await writeFile(join(directory, "package.json"), '{"type":"module"}');
    const entry = import.meta.resolve("@glam/shared/errors"); // the source, or the packed JavaScript
    for (const area of ["context", "errors", "internal"]) {
      await cp(fileURLToPath(new URL(`../${area}`, entry)), join(directory, area), { recursive: true });
    }
    const file = basename(fileURLToPath(entry));
    const module = await import(pathToFileURL(join(directory, "errors", file)).href) as {
      GlamError: typeof GlamError;
    };
    return module.GlamError;
  } finally {
    await rm(directory, { recursive: true });
  }
}

test("a value that was given is kept, falsy ones included", () => {
  assert.deepEqual(new RateLimitedError(undefined, { limit: 0, window: "", retryAfter: 0 }).details, {
    limit: 0,
    window: "",
    retry_after: 0,
  });
  assert.deepEqual(new NotFoundError("x", { resource: "", resourceId: 0 }).details, {
    resource: "",
    resource_id: "0",
  });
  assert.deepEqual(new ValidationError("x", { field: "f", value: false }).details, {
    field: "f",
    value: "false",
  });
  assert.deepEqual(new ValidationError("x", { value: null }).details, { value: null });
  assert.equal(new NotFoundError("").message, "");
});

test("undefined means not given", () => {
  const error = new NotFoundError("x", { resource: undefined, resourceId: undefined, code: undefined });
  assert.deepEqual(error.details, {});
  assert.equal(error.code, "NOT_FOUND");
  assert.equal("cause" in new GlamError("x", { cause: undefined }), false);
});

test("resource_id and value become text, even of an object that has no text", () => {
  assert.equal(
    new NotFoundError("x", { resourceId: 9007199254740993n }).details["resource_id"],
    "9007199254740993",
  );
  assert.equal(new ValidationError("x", { value: { a: 1 } }).details["value"], "[object Object]");
  assert.equal(new ValidationError("x", { value: Object.create(null) }).details["value"], "[object Object]");
});

test("options become details in snake_case, runs of capitals as one word", () => {
  class ImportError extends GlamError {
    constructor(options: { shopId: number; userID: string; lastHTTPStatus: number; line2: number }) {
      super("Import failed", options as object);
    }
  }
  assert.deepEqual(new ImportError({ shopId: 1, userID: "u", lastHTTPStatus: 502, line2: 7 }).details, {
    shop_id: 1,
    user_id: "u",
    last_http_status: 502,
    line2: 7,
  });
});

test("the details a caller gives are copied, and options win over them", () => {
  const details = Object.freeze({ resource: "basket", hint: "log in" });
  const error = new ForbiddenError(undefined, { resource: "order", details });
  assert.deepEqual(error.details, { resource: "order", hint: "log in" });
  assert.deepEqual(details, { resource: "basket", hint: "log in" });
});

test("a status outside 400 to 599 is a RangeError at construction", () => {
  for (const status of [200, 399, 600, 404.5, NaN, "404" as unknown as number]) {
    assert.throws(() => new GlamError("x", { status }), {
      name: "RangeError",
      message: `Expected \`status\` to be an integer from 400 to 599, got ${status}`,
    });
  }
  assert.equal(new GlamError("x", { status: 400 }).status, 400);
  assert.equal(new GlamError("x", { status: 599 }).status, 599);
});

test("a code that is empty or no string is a TypeError at construction", () => {
  for (const code of ["", 7 as unknown as string, null as unknown as string]) {
    assert.throws(() => new GlamError("x", { code }), {
      name: "TypeError",
      message: /^Expected `code` to be/,
    });
  }
});

test("expose follows the status unless it is given", () => {
  assert.equal(new GlamError("x", { status: 499 }).expose, true);
  assert.equal(new GlamError("x", { status: 500 }).expose, false);
  assert.equal(new GlamError("x", { status: 500, expose: true }).expose, true);
  assert.equal(new NotFoundError("x", { expose: false }).expose, false);
});

test("toJSON is full, without details where there are none", () => {
  const error = new GlamError("secret", { details: { sql: "select 1" } });
  assert.equal(
    JSON.stringify(error),
    `{"code":"INTERNAL_ERROR","message":"secret","details":{"sql":"select 1"}}`,
  );
  assert.equal(JSON.stringify(new NotFoundError("x")), `{"code":"NOT_FOUND","message":"x"}`);
});

test("isGlamError knows the errors of another copy of the package", async () => {
  const Other = await otherCopy();
  const foreign = new Other("x", { status: 503, details: { retryable: true } });
  assert.ok(!(foreign instanceof GlamError), "the copy must be another class");
  assert.equal(isGlamError(foreign), true);
  assert.equal(toGlamError(foreign), foreign);
  assert.equal(isRetryableError(foreign), true);
});

test("isGlamError does not take what only looks like one", () => {
  const lookalike = Object.assign(new Error("x"), { code: "NOT_FOUND", status: 404, details: {} });
  for (const value of [lookalike, {}, null, undefined, "NOT_FOUND", () => {}]) {
    assert.equal(isGlamError(value), false);
  }
  assert.equal(isGlamError(new NotFoundError("x")), true);
});

test("a plain subclass has its own name and its parent's code", () => {
  class BasketNotFoundError extends NotFoundError {}
  const error = new BasketNotFoundError("No basket", { resourceId: 3 });
  assert.equal(error.name, "BasketNotFoundError");
  assert.match(String(error.stack), /^BasketNotFoundError: No basket/);
  assert.equal(error.code, "NOT_FOUND");
  assert.equal(error.status, 404);
  assert.deepEqual(error.details, { resource_id: "3" });
  assert.ok(error instanceof NotFoundError);
  assert.equal(new NotFoundError("x").name, "NotFoundError");
});

test("a subclass sets its defaults as static members, as a Python class does", () => {
  class TokenExpiredError extends UnauthorizedError {
    static override readonly code: string = "TOKEN_EXPIRED";
    static override readonly defaultMessage: string = "Log in again";
  }
  const error = new TokenExpiredError();
  assert.equal(error.code, "TOKEN_EXPIRED");
  assert.equal(error.message, "Log in again");
  assert.equal(error.status, 401);
});

test("an anonymous subclass keeps the name of its parent", () => {
  assert.equal(new (class extends NotFoundError {})("x").name, "NotFoundError");
});

test("name and brand are not listed with the error", () => {
  assert.deepEqual(Object.keys(new NotFoundError("x")).sort(), ["code", "details", "expose", "status"]);
});
