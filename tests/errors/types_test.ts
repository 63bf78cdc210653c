import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CircuitOpenError,
  defineError,
  DomainError,
  type GlamError,
  type InfrastructureError,
  ItemNotFoundError,
  MessageBusError,
  NotFoundError,
  type RequestTimeoutError,
  S3Error,
  SyncNotFoundError,
  UnauthorizedError,
  withErrorMapping,
  wrapExternalError,
} from "@glam/shared/errors";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
function expectType<_ extends true>(): void {}

// What the type checker must refuse is inside functions that are never called.
const OutOfStockError = defineError<{ sku: string; left?: number }>({
  code: "TYPES_OUT_OF_STOCK",
  status: 409,
  message: "Out of stock",
});
const NoDefaultError = defineError({ code: "TYPES_NO_DEFAULT", status: 409 });

test("the type checker knows the message, the options and the instances of each class", () => {
  const refused = [
    // @ts-expect-error: NotFoundError has no default message
    () => new NotFoundError(),
    // @ts-expect-error: DomainError has no default message
    () => new DomainError(),
    // @ts-expect-error: MessageBusError has no default message
    () => new MessageBusError(),
    // @ts-expect-error: an option nobody knows
    () => new NotFoundError("x", { resouce: "item" }),
    // @ts-expect-error: snake_case is for details
    () => new NotFoundError("x", { resource_id: 7 }),
    // @ts-expect-error: the wrong type
    () => new NotFoundError("x", { resource: 7 }),
    // @ts-expect-error: an option nobody knows, of a class that inherits options
    () => new ItemNotFoundError("x", { sku: 7 }),
    // @ts-expect-error: the class sets it
    () => new SyncNotFoundError("x", { resource: "item" }),
    // @ts-expect-error: never retryable
    () => new CircuitOpenError("x", { retryable: true }),
    // @ts-expect-error: the service is nats
    () => new MessageBusError("x", { service: "kafka" }),
    // @ts-expect-error: sku is required
    () => new OutOfStockError("x"),
    // @ts-expect-error: sku is required
    () => new OutOfStockError("x", { left: 1 }),
    // @ts-expect-error: an option nobody knows
    () => new OutOfStockError("x", { sku: "a", price: 1 }),
    // @ts-expect-error: no default message
    () => new NoDefaultError(),
    // @ts-expect-error: the cause is what it is for
    () => wrapExternalError(S3Error, "x", { bucket: "b" }),
    // @ts-expect-error: an option nobody knows
    () => wrapExternalError(S3Error, "x", { cause: 1, table: "b" }),
    // @ts-expect-error: a class that needs more than a message and a cause
    () => withErrorMapping(() => 1, [[Error, OutOfStockError]]),
  ];
  const taken = [
    () => new UnauthorizedError(),
    () =>
      new NotFoundError("x", {
        resource: "item",
        resourceId: 7,
        code: "X",
        details: {},
        cause: 1,
        expose: true,
      }),
    () => new ItemNotFoundError("x", { itemId: 1n, merchantId: undefined, status: 410 }),
    () => new CircuitOpenError("x", { serviceName: "a", failureCount: 1 }),
    () => new MessageBusError("x", { kind: "a word of your own", retryable: false }),
    () => new OutOfStockError(undefined, { sku: "a", left: undefined }),
    () => wrapExternalError(S3Error, "x", { cause: 1, bucket: "b", retryable: false }),
  ];
  for (const make of taken) assert.ok(make());
  assert.equal(refused.length, 17);

  expectType<Equal<SyncNotFoundError, NotFoundError>>();
  expectType<Equal<RequestTimeoutError, InfrastructureError>>();
  expectType<Equal<InstanceType<typeof OutOfStockError>, GlamError>>();
  expectType<Equal<NonNullable<MessageBusError["kind"]> extends string ? true : false, true>>();
  const wrapped: MessageBusError = wrapExternalError(MessageBusError, "x", { cause: 1, stream: "EVENTS" });
  assert.equal(wrapped.details["stream"], "EVENTS");
});

test("a mapped function keeps its type", () => {
  const parse = withErrorMapping(
    (text: string, radix?: number) => Promise.resolve(parseInt(text, radix)),
    [],
  );
  expectType<Equal<typeof parse, (text: string, radix?: number) => Promise<number>>>();
  assert.ok(parse("7"));
});
