import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ConflictError,
  isRetryableError,
  NotFoundError,
  RateLimitedError,
  RequestTimeoutError,
  retry,
  type RetryEvent,
  type RetryOptions,
  ServiceUnavailableError,
  UpstreamServiceError,
} from "@glam/shared/errors";

/** Runs `work` with `Math.random` at its upper end and timers that fire at once, and says what they were set to. */
async function withFakes(work: () => Promise<unknown>): Promise<number[]> {
  const { random } = Math;
  const { setTimeout } = globalThis;
  const delays: number[] = [];
  Math.random = () => 1;
  globalThis.setTimeout = ((fn: () => void, ms: number) => {
    delays.push(ms);
    queueMicrotask(fn);
  }) as unknown as typeof setTimeout;
  try {
    await work();
  } finally {
    Math.random = random;
    globalThis.setTimeout = setTimeout;
  }
  return delays;
}

/** The error that `retry` ends with when every attempt fails with `error`, the delays, and how often it tried. */
async function exhaust(error: unknown, options: RetryOptions = {}) {
  let calls = 0;
  let last: unknown;
  const delays = await withFakes(() =>
    retry(() => {
      calls++;
      throw error;
    }, options).catch((thrown) => last = thrown)
  );
  return { calls, delays, last };
}

const down = new ServiceUnavailableError("down");

test("retry returns what the function returns, and tells it the attempt", async () => {
  assert.equal(await retry(() => 7), 7);
  assert.equal(await retry(async ({ attempt, signal }) => await `${attempt} ${signal}`), "1 undefined");
});

test("retry tries three times and throws the last error as it was", async () => {
  const { calls, last } = await exhaust(down);
  assert.equal(calls, 3);
  assert.equal(last, down);
});

test("retry stops as soon as an attempt succeeds", async () => {
  const attempts: number[] = [];
  await withFakes(async () => {
    const result = await retry(({ attempt }) => {
      attempts.push(attempt);
      if (attempt < 3) throw down;
      return "up";
    }, { attempts: 9 });
    assert.equal(result, "up");
  });
  assert.deepEqual(attempts, [1, 2, 3]);
});

test("the bound of the delay grows by the factor up to maxDelayMs", async () => {
  assert.deepEqual((await exhaust(down, { attempts: 4 })).delays, [100, 200, 400]);
  const options = { attempts: 5, minDelayMs: 10, maxDelayMs: 50, factor: 3 };
  assert.deepEqual((await exhaust(down, options)).delays, [10, 30, 50, 50]);
});

test("the delay is random below its bound", async () => {
  const { random } = Math;
  const events: RetryEvent[] = [];
  Math.random = () => 0.25;
  try {
    await retry(({ attempt }) => {
      if (attempt === 1) throw down;
    }, { minDelayMs: 4, onRetry: (event) => events.push(event) });
  } finally {
    Math.random = random;
  }
  assert.deepEqual(events, [{ error: down, attempt: 1, delayMs: 1 }]);
});

test("an error that is not worth it ends it at once", async () => {
  const error = new NotFoundError("x");
  assert.deepEqual(await exhaust(error), { calls: 1, delays: [], last: error });
  const bug = new TypeError("x is not a function");
  assert.equal((await exhaust(bug)).calls, 1);
});

test("shouldRetry decides instead", async () => {
  assert.equal((await exhaust(new NotFoundError("x"), { shouldRetry: () => true })).calls, 3);
  assert.equal((await exhaust(down, { shouldRetry: () => false })).calls, 1);
});

test("retry_after lengthens the delay, and never shortens it", async () => {
  assert.deepEqual((await exhaust(new RateLimitedError(undefined, { retryAfter: 2 }))).delays, [2000, 2000]);
  const soon = new ServiceUnavailableError("x", { retryAfter: 0.001 });
  assert.deepEqual((await exhaust(soon)).delays, [100, 200]);
});

test("a retry_after over maxDelayMs gives up at once with that error", async () => {
  const error = new RateLimitedError(undefined, { retryAfter: 11 });
  assert.deepEqual(await exhaust(error), { calls: 1, delays: [], last: error });
  assert.equal((await exhaust(error, { maxDelayMs: 11_000 })).calls, 3);
});

test("options out of range are refused before any work", async () => {
  const wrong: RetryOptions[] = [
    { attempts: 0 },
    { attempts: 1.5 },
    { attempts: Infinity },
    { minDelayMs: -1 },
    { minDelayMs: NaN },
    { maxDelayMs: 50 },
    { maxDelayMs: Infinity },
    { factor: 0.5 },
    { factor: Infinity },
  ];
  for (const options of wrong) {
    let called = false;
    const work = retry(() => {
      called = true;
    }, options);
    await assert.rejects(work, {
      name: "RangeError",
      message: /^Expected `(attempts|minDelayMs|maxDelayMs|factor)` to/,
    });
    assert.equal(called, false, JSON.stringify(options));
  }
});

test("undefined options are the defaults", async () => {
  assert.equal(
    (await exhaust(down, { attempts: undefined, factor: undefined, onRetry: undefined })).calls,
    3,
  );
});

test("a signal that has aborted already: the function is not called", async () => {
  const reason = new Error("stop");
  let called = false;
  const work = retry(() => {
    called = true;
  }, { signal: AbortSignal.abort(reason) });
  await assert.rejects(work, (error) => error === reason);
  assert.equal(called, false);
});

test("an abort during the delay rejects at once with the signal's reason", async () => {
  const controller = new AbortController();
  const reason = new Error("stop");
  let calls = 0;
  const work = retry(() => {
    calls++;
    throw down;
  }, {
    minDelayMs: 2 ** 30,
    maxDelayMs: 2 ** 30,
    signal: controller.signal,
    onRetry: () => queueMicrotask(() => controller.abort(reason)),
  });
  await assert.rejects(work, (error) => error === reason);
  assert.equal(calls, 1);
});

test("an abort during an attempt that does not listen rejects at once, and its late failure is harmless", async () => {
  const controller = new AbortController();
  const reason = new Error("stop");
  let fail: (error: unknown) => void = () => {};
  const work = retry(({ signal }) => {
    assert.equal(signal, controller.signal);
    queueMicrotask(() => controller.abort(reason));
    return new Promise((_, reject) => fail = reject);
  }, { signal: controller.signal });
  await assert.rejects(work, (error) => error === reason);
  fail(new Error("late"));
  await new Promise((resolve) => setTimeout(resolve));
});

test("an attempt that fails because of the abort ends with the signal's reason, and is no retry", async () => {
  const controller = new AbortController();
  const reason = new Error("stop");
  const events: RetryEvent[] = [];
  const work = retry(() => {
    controller.abort(reason);
    throw down;
  }, { signal: controller.signal, shouldRetry: () => true, onRetry: (event) => events.push(event) });
  await assert.rejects(work, (error) => error === reason);
  assert.deepEqual(events, []);
});

test("isRetryableError follows what an error says of itself", () => {
  assert.equal(isRetryableError(new UpstreamServiceError("x")), true);
  assert.equal(isRetryableError(new UpstreamServiceError("x", { retryable: false })), false);
  assert.equal(isRetryableError(new RequestTimeoutError("x")), true);
  assert.equal(isRetryableError(new ConflictError("x")), false);
  assert.equal(isRetryableError(new ConflictError("x", { details: { retryable: true } })), true);
  assert.equal(isRetryableError(new RateLimitedError()), false);
  assert.equal(isRetryableError(new RateLimitedError(undefined, { retryAfter: 0 })), true);
  assert.equal(isRetryableError(new NotFoundError("x", { details: { retry_after: 1 } })), false);
  assert.equal(isRetryableError(new DOMException("x", "TimeoutError")), true);
  assert.equal(isRetryableError(new DOMException("x", "AbortError")), false);
  assert.equal(isRetryableError(Object.assign(new Error("x"), { code: "ECONNRESET" })), true);
  assert.equal(isRetryableError(new Error("x")), false);
  assert.equal(isRetryableError(undefined), false);
});
