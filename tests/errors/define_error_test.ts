import assert from "node:assert/strict";
import { test } from "node:test";
import { defineError, DomainError, errorFromEnvelope, GlamError, NotFoundError } from "@glam/shared/errors";

test("defineError makes a class in one line", () => {
  const OutOfStockError = defineError<{ sku: string; leftInStock?: number }>({
    code: "OUT_OF_STOCK",
    status: 409,
    message: "Out of stock",
    details: { shop: "main" },
  });
  const error = new OutOfStockError(undefined, { sku: "l-7", leftInStock: 0 });
  assert.equal(error.name, "OutOfStockError");
  assert.equal(OutOfStockError.name, "OutOfStockError");
  assert.equal(error.code, "OUT_OF_STOCK");
  assert.equal(error.status, 409);
  assert.equal(error.message, "Out of stock");
  assert.deepEqual(error.details, { sku: "l-7", left_in_stock: 0, shop: "main" });
  assert.ok(error instanceof OutOfStockError && error instanceof DomainError && error instanceof GlamError);
  assert.equal(new OutOfStockError("Sold out", { sku: "l-7" }).message, "Sold out");
});

test("defineError under a class inherits its status, message and options", () => {
  const BasketNotFoundError = defineError({ code: "BASKET_NOT_FOUND", extends: NotFoundError });
  const error = new BasketNotFoundError("No basket", { resourceId: 5 });
  assert.equal(error.status, 404);
  assert.deepEqual(error.details, { resource_id: "5" });
  assert.ok(error instanceof NotFoundError);
  const typed = defineError<{ basketId: string }, typeof NotFoundError>({
    code: "BASKET_NOT_FOUND",
    extends: NotFoundError,
    message: "No basket",
  });
  assert.deepEqual(new typed(undefined, { basketId: "b", resource: "basket" }).details, {
    basket_id: "b",
    resource: "basket",
  });
});

test("a class for status 500 and over is no DomainError", () => {
  const LedgerError = defineError({ code: "LEDGER_ERROR", status: 500 });
  const error = new LedgerError("off by one");
  assert.equal(error.name, "LedgerError");
  assert.ok(!(error instanceof DomainError));
  assert.ok(error instanceof GlamError);
});

test("the name comes from the code unless it is given", () => {
  assert.equal(defineError({ code: "NO_ERROR_LEFT", status: 400 }).prototype.name, "NoErrorLeftError");
  assert.equal(defineError({ code: "PAYMENT_ERROR", status: 400 }).prototype.name, "PaymentError");
  assert.equal(defineError({ code: "P1", status: 400, name: "PageError" }).prototype.name, "PageError");
});

test("errorFromEnvelope knows a defined class, and of two with one code the later", () => {
  const First = defineError({ code: "TWICE_DEFINED", status: 409 });
  const Second = defineError({ code: "TWICE_DEFINED", status: 410 });
  const error = errorFromEnvelope({ error: { code: "TWICE_DEFINED", message: "x" } }, 410);
  assert.ok(error instanceof Second);
  assert.ok(!(error instanceof First));
  assert.ok(new First("x") instanceof First);
});

test("a code of this package cannot be defined again", () => {
  for (const code of ["NOT_FOUND", "INTERNAL_ERROR", "DOMAIN_ERROR", "MESSAGE_BUS_ERROR", "CONFIG_ERROR"]) {
    assert.throws(() => defineError({ code, status: 404 }), {
      name: "TypeError",
      message: new RegExp(`^Cannot define "${code}": the code belongs to \\w+Error$`),
    });
  }
  assert.ok(errorFromEnvelope({ error: { code: "NOT_FOUND", message: "x" } }, 404) instanceof NotFoundError);
});

test("a definition is checked when it is made", () => {
  assert.throws(() => defineError({ code: "", status: 404 }), TypeError);
  assert.throws(() => defineError({ code: "ODD", status: 302 }), RangeError);
  assert.throws(() => defineError({ code: "ODD" }), RangeError);
});
