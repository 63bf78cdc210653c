import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ConflictError,
  ForbiddenError,
  InfrastructureError,
  InternalError,
  NotFoundError,
  S3Error,
  ServiceUnavailableError,
  ValidationError,
  withErrorMapping,
  wrapExternalError,
} from "@glam/shared/errors";

class Missing extends Error {}
class Signal {} // thrown by some library, and no Error

function thrower(error: unknown): () => never {
  return () => {
    throw error;
  };
}

test("a sync function throws the mapped error with message and cause", () => {
  const cause = new Missing("no such file");
  const read = withErrorMapping(thrower(cause), [[Missing, NotFoundError]]);
  assert.throws(read, (error: unknown) => {
    assert.ok(error instanceof NotFoundError);
    assert.equal(error.message, "no such file");
    assert.equal(error.cause, cause);
    return true;
  });
});

test("an async function rejects with the mapped error, and one that throws before its promise throws", async () => {
  const read = withErrorMapping(() => Promise.reject(new Missing("gone")), [[Missing, NotFoundError]]);
  await assert.rejects(read(), { name: "NotFoundError", message: "gone" });
  assert.equal(await withErrorMapping(() => Promise.resolve(7), [])(), 7);
});

test("a matcher is a class, a code or a predicate", () => {
  const mapped = (error: unknown) =>
    withErrorMapping(thrower(error), [
      [Missing, NotFoundError],
      [Signal, ConflictError],
      ["EACCES", ForbiddenError],
      [(thrown) => thrown === 7, ValidationError],
      [function (thrown: unknown) {
        return thrown === 8;
      }, ValidationError],
    ]);
  assert.throws(mapped(new Missing("x")), { name: "NotFoundError" });
  assert.throws(mapped(new Signal()), { name: "ConflictError", message: "Operation failed" });
  assert.throws(mapped(Object.assign(new Error("x"), { code: "EACCES" })), { name: "ForbiddenError" });
  assert.throws(mapped(7), { name: "ValidationError", message: "Operation failed" });
  assert.throws(mapped(8), { name: "ValidationError" });
  assert.throws(mapped(undefined), { name: "InfrastructureError" });
});

test("the first mapping that matches decides", () => {
  const read = withErrorMapping(thrower(new Missing("x")), [[Error, ConflictError], [
    Missing,
    NotFoundError,
  ]]);
  assert.throws(read, { name: "ConflictError" });
});

test("an error of ours passes unless a mapping is for it", () => {
  const ours = new NotFoundError("x");
  assert.throws(withErrorMapping(thrower(ours), []), (error) => error === ours);
  const mapped = withErrorMapping(thrower(ours), [["NOT_FOUND", ServiceUnavailableError]]);
  assert.throws(mapped, (error: unknown) => error instanceof ServiceUnavailableError && error.cause === ours);
});

test("other errors are an InfrastructureError, or what the options say", () => {
  const cause = new Error("");
  assert.throws(withErrorMapping(thrower(cause), []), (error: unknown) => {
    assert.equal((error as Error).constructor, InfrastructureError);
    assert.equal((error as Error).message, "Operation failed");
    assert.equal((error as Error).cause, cause);
    return true;
  });
  const options = { defaultError: InternalError, defaultMessage: "Cannot read" };
  assert.throws(withErrorMapping(thrower(cause), [], options), {
    name: "InternalError",
    message: "Cannot read",
  });
  assert.throws(withErrorMapping(thrower("plain text"), [], options), { message: "plain text" });
});

test("this, arguments, result and name are those of the function", () => {
  const store = {
    prefix: "a",
    key: withErrorMapping(function key(this: { prefix: string }, id: number, suffix = "z") {
      return `${this.prefix}${id}${suffix}`;
    }, []),
  };
  assert.equal(store.key(7), "a7z");
  assert.equal(store.key(7, "y"), "a7y");
  assert.equal(store.key.name, "key");
});

test("wrapExternalError keeps the cause and gives the class its options", () => {
  const cause = new Error("403");
  const error = wrapExternalError(S3Error, "Cannot store", { cause, bucket: "selfies", retryable: false });
  assert.ok(error instanceof S3Error);
  assert.equal(error.message, "Cannot store");
  assert.equal(error.cause, cause);
  assert.deepEqual(error.details, { service: "s3", bucket: "selfies", retryable: false });
});
