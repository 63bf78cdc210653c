import assert from "node:assert/strict";
import { test } from "node:test";
import { HTTPException } from "hono/http-exception";
import * as z from "zod";
import * as zm from "zod/mini";
import { runWithContext } from "@glam/shared/context";
import {
  ConflictError,
  DatabaseError,
  DomainError,
  ForbiddenError,
  GlamError,
  InternalError,
  isRetryableError,
  MessageBusError,
  NotFoundError,
  toGlamError,
  ValidationError,
  validationErrors,
} from "@glam/shared/errors";

/** An error of a library, by its shape. */
function foreign(name: string, message: string, members: object = {}): Error {
  const error = new Error(message);
  return Object.assign(error, { name, ...members });
}

test("an error of ours comes back as it is", () => {
  const error = new NotFoundError("x");
  assert.equal(toGlamError(error), error);
});

test("a Zod error is a ValidationError with one entry for each issue", () => {
  const schema = z.strictObject({ name: z.string(), items: z.array(z.object({ price: z.number() })) });
  const result = schema.safeParse({ name: 1, items: [{ price: "x" }], a: 1, b: 2 });
  const error = toGlamError(result.error);
  assert.ok(error instanceof ValidationError);
  assert.equal(error.message, "Request validation failed");
  assert.equal(error.cause, result.error);
  assert.deepEqual(error.details["validation_errors"], [
    { field: "name", message: "Invalid input: expected string, received number", type: "invalid_type" },
    {
      field: "items.0.price",
      message: "Invalid input: expected number, received string",
      type: "invalid_type",
    },
    { field: "a", message: 'Unrecognized key: "a"', type: "unrecognized_keys" },
    { field: "b", message: 'Unrecognized key: "b"', type: "unrecognized_keys" },
  ]);
});

test("an error of zod/mini, whose name is $ZodError, is a ValidationError too", () => {
  const { error } = zm.object({ a: zm.string() }).safeParse({});
  const mapped = toGlamError(error);
  assert.ok(mapped instanceof ValidationError);
  assert.equal((mapped.details["validation_errors"] as { field: string }[])[0]?.field, "a");
});

test("validationErrors puts the part of the request before the path", () => {
  const issues = [
    { code: "custom", path: [], message: "empty" },
    { code: "too_small", path: ["items", 0], message: "small" },
    { code: "unrecognized_keys", path: ["items"], keys: ["x", "y"], message: "" },
    { path: [Symbol("s")], message: "odd" },
  ];
  assert.deepEqual(validationErrors(issues, "body"), [
    { field: "body", message: "empty", type: "custom" },
    { field: "body.items.0", message: "small", type: "too_small" },
    { field: "body.items.x", message: 'Unrecognized key: "x"', type: "unrecognized_keys" },
    { field: "body.items.y", message: 'Unrecognized key: "y"', type: "unrecognized_keys" },
    { field: "body.Symbol(s)", message: "odd", type: "custom" },
  ]);
  assert.equal(validationErrors([issues[0]!])[0]?.field, "");
});

test("a Hono HTTPException keeps its status and its message, else the phrase", () => {
  const exception = new HTTPException(403, { message: "Not yours" });
  const error = toGlamError(exception);
  assert.equal(error.constructor, GlamError);
  assert.equal(error.code, "HTTP_403");
  assert.equal(error.status, 403);
  assert.equal(error.message, "Not yours");
  assert.equal(error.cause, exception);
  assert.equal(toGlamError(new HTTPException(418)).message, "Bad Request");
  assert.equal(toGlamError(new HTTPException(413)).message, "Content Too Large");
  assert.equal(toGlamError(new HTTPException(503)).code, "HTTP_503");
});

type Kind = new (...args: never[]) => GlamError;
interface SqlRow {
  readonly code: string;
  readonly Class: Kind;
  readonly status: number;
  readonly retryable: boolean;
  readonly details: object;
}

const unavailable = { Class: DatabaseError, status: 503, retryable: true };
const broken = { Class: DatabaseError, status: 500, retryable: false };
const full = { service: "database", table: "users", column: "email", constraint: "users_email_key" };
const sqlRows: SqlRow[] = [
  ...["23505", "23P01", "23503", "23001"].map((code) => ({
    code,
    Class: ConflictError,
    status: 409,
    retryable: false,
    details: { constraint: "users_email_key", fields: ["email"] },
  })),
  ...["23502", "23514", "22P02", "22001", "22003"].map((code) => ({
    code,
    Class: ValidationError,
    status: 422,
    retryable: false,
    details: { constraint: "users_email_key" },
  })),
  ...["40001", "40P01"].map((code) => ({
    code,
    Class: ConflictError,
    status: 409,
    retryable: true,
    details: { retryable: true },
  })),
  ...["55P03", "57014", "57P01", "57P02", "57P03", "08006", "08001", "53300", "53200"].map((code) => ({
    code,
    ...unavailable,
    details: { ...full, error_code: code, retryable: true },
  })),
  { code: "42501", Class: ForbiddenError, status: 403, retryable: false, details: {} },
  ...["42703", "0A000", "XX000", "25P02", "21000"].map((code) => ({
    code,
    ...broken,
    details: { ...full, error_code: code, retryable: false },
  })),
];

for (const { code, Class, status, retryable, details } of sqlRows) {
  test(`SQLSTATE ${code} is a ${Class.name} with status ${status}, retryable ${retryable}`, async () => {
    const secret = "hunter2";
    const cause = foreign("PostgresError", `invalid input syntax for type uuid: "${secret}"`, {
      code,
      severity: "ERROR",
      detail: `Key (email)=(${secret}) already exists.`,
      hint: secret,
      query: `select '${secret}'`,
      parameters: [secret],
      constraint_name: "users_email_key",
      table_name: "users",
      column_name: "email",
    });
    const error = toGlamError(cause);
    assert.ok(error instanceof Class);
    assert.equal(error.constructor, Class);
    assert.equal(error.status, status);
    assert.deepEqual(error.details, details);
    assert.equal(isRetryableError(cause), retryable);
    assert.equal(error.cause, cause);
    assert.ok(!JSON.stringify(error).includes(secret));
    const body = await error.getResponse().text();
    for (const inside of [secret, '"users"', "select", "error_code"]) {
      assert.ok(!body.includes(inside), body);
    }
  });
}

test("a Postgres error is known by its severity as well, and needs no names", () => {
  const error = toGlamError(foreign("error", "x", { code: "23505", severity: "FEHLER", constraint: "pk" }));
  assert.deepEqual(error.details, { constraint: "pk" });
  assert.deepEqual(toGlamError(foreign("PostgresError", "x", { code: "23505" })).details, {});
  assert.ok(toGlamError(foreign("Error", "x", { code: "23505" })) instanceof InternalError);
});

test("a conflict names the fields that the server names, whatever its language, and never a value", () => {
  const details: readonly (readonly [detail: unknown, fields: readonly string[] | undefined])[] = [
    ["Key (merchant_id, sku)=(7, hunter2) already exists.", ["merchant_id", "sku"]],
    ["Schlüssel »(name)=(x)« existiert bereits.", ["name"]],
    ["Key (email)=(a)=(b) already exists.", ["email"]],
    ["Key (lower(email))=(hunter2) already exists.", ["email"]],
    ["Key (merchant_id, lower((email)::text))=(7, hunter2) already exists.", ["merchant_id", "email"]],
    ['Key ("odd ""name"", b", "a(b)")=(1, 2) already exists.', ['odd "name", b', "a(b)"]],
    ["Key (room, during)=(1, [1,5)) conflicts with existing key (room, during)=(1, [2,3)).", [
      "room",
      "during",
    ]],
    ["Key ((a || b))=(hunter2 (c)=() already exists.", undefined],
    ["hunter2", undefined],
    [undefined, undefined],
  ];
  for (const [detail, fields] of details) {
    const error = toGlamError(foreign("PostgresError", "x", { code: "23505", constraint: "uq", detail }));
    assert.deepEqual(error.details, { constraint: "uq", ...(fields !== undefined && { fields }) });
  }
});

for (const code of ["CONNECTION_CLOSED", "CONNECTION_ENDED", "CONNECTION_DESTROYED", "CONNECT_TIMEOUT"]) {
  test(`postgres.js ${code} is a retryable DatabaseError`, () => {
    const error = toGlamError(
      foreign("Error", `write ${code} db.internal:5432`, { code, address: "db.internal" }),
    );
    assert.equal(error.constructor, DatabaseError);
    assert.equal(error.status, 503);
    assert.deepEqual(error.details, { service: "database", error_code: code, retryable: true });
    assert.ok(!error.message.includes("db.internal"));
  });
}

for (const code of ["UNDEFINED_VALUE", "MAX_PARAMETERS_EXCEEDED", "UNSAFE_TRANSACTION", "NOT_TAGGED_CALL"]) {
  test(`postgres.js ${code} is a mistake of ours: a DatabaseError that is not retryable, status 500`, () => {
    const error = toGlamError(foreign("Error", `${code}: x`, { code }));
    assert.equal(error.constructor, DatabaseError);
    assert.equal(error.status, 500);
    assert.equal(error.details["retryable"], false);
  });
}

// Names, messages and members as @nats-io/nats-core and @nats-io/jetstream 3.4 set them.
const natsRows: [
  name: string,
  message: string,
  members: object,
  kind: string | undefined,
  retryable: boolean,
][] = [
  ["TimeoutError", "timeout", {}, "timeout", true],
  ["NoResponders", "no responders: 'evt.x'", { subject: "evt.x" }, "unavailable", true],
  ["RequestError", "no responders: 'evt.x'", { isNoResponders: () => true }, "unavailable", true],
  ["RequestError", "connection disconnected", { isNoResponders: () => false }, "unavailable", true],
  ["ConnectionError", "connection refused", {}, "unavailable", true],
  ["ClosedConnectionError", "closed connection", {}, "unavailable", true],
  ["DrainingConnectionError", "connection draining", {}, "unavailable", true],
  ["JetStreamNotEnabled", "jetstream is not enabled", {}, "no_stream", false],
  ["StreamNotFoundError", "stream not found", { code: 10059, status: 404 }, "no_stream", false],
  ["ConsumerNotFoundError", "consumer not found", { code: 10014, status: 404 }, undefined, false],
  [
    "JetStreamApiError",
    "message size exceeds maximum allowed",
    { code: 10054, status: 400 },
    "too_large",
    false,
  ],
  ["JetStreamApiError", "expected stream does not match", { code: 10060, status: 400 }, "no_stream", false],
  ["JetStreamApiError", "maximum messages exceeded", { code: 10077, status: 503 }, "unavailable", true],
  ["JetStreamApiError", "temporarily unavailable", { code: 10008, status: 503 }, "unavailable", true],
  ["JetStreamApiError", "wrong last sequence: 7", { code: 10071, status: 400 }, undefined, false],
  ["JetStreamStatusError", "request timeout", { code: 408 }, "timeout", true],
  ["JetStreamStatusError", "no responders", { code: 503 }, "unavailable", true],
  ["JetStreamStatusError", "consumer deleted", { code: 409 }, undefined, false],
  ["InvalidArgumentError", "'payload' max_payload size exceeded", {}, "too_large", false],
  ["InvalidArgumentError", "'expires' must be greater than 0", {}, undefined, false],
  ["InvalidSubjectError", "illegal subject: 'a b'", {}, undefined, false],
  ["PermissionViolationError", "permissions violation", { subject: "evt.x" }, undefined, false],
  ["AuthorizationError", "'Authorization Violation'", {}, undefined, false],
  ["UserAuthenticationExpiredError", "user authentication expired", {}, undefined, false],
];

for (const [name, message, members, kind, retryable] of natsRows) {
  test(`NATS ${name} "${message}" is a MessageBusError of kind ${kind}, retryable ${retryable}`, () => {
    const cause = foreign(name, message, members);
    const error = toGlamError(cause);
    assert.ok(error instanceof MessageBusError);
    assert.equal(error.kind, kind);
    assert.equal(error.retryable, retryable);
    assert.equal(error.details["subject"], (members as { subject?: string }).subject);
    assert.equal(error.cause, cause);
  });
}

test("errors of other libraries with the names of NATS are not taken for them", () => {
  const others = [
    foreign("InvalidArgumentError", "bad option", { code: "commander.invalidArgument" }),
    foreign("RequestError", "bad request"),
    foreign("AuthorizationError", "not your basket"),
    foreign("ConnectionError", "login failed", { code: "ELOGIN" }),
  ];
  for (const other of others) assert.equal(toGlamError(other).constructor, InternalError, String(other));
});

test("anything else is an InternalError that keeps it as the cause and says nothing of it", async () => {
  const thrown = [
    new Error("secret"),
    "secret",
    7,
    null,
    Symbol("s"),
    { secret: true },
    () => {},
    new RangeError("secret"),
  ];
  for (const value of thrown) {
    const error = toGlamError(value);
    assert.equal(error.constructor, InternalError);
    assert.equal(error.cause, value);
    assert.equal(error.message, "An unexpected error occurred");
    assert.ok(!(await error.getResponse().text()).includes("secret"));
  }
  assert.equal(toGlamError(undefined).constructor, InternalError);
});

test("within a request an InternalError has the request id as its error_id", () => {
  runWithContext({ requestId: "req_a", service: "s" }, () => {
    assert.deepEqual(toGlamError(new Error("x")).details, { error_id: "req_a" });
  });
  assert.deepEqual(toGlamError(new Error("x")).details, {});
});

test("an object whose members throw is an InternalError", () => {
  const hostile = new Proxy({}, {
    get() {
      throw new Error("trap");
    },
  });
  assert.equal(toGlamError(hostile).cause, hostile);
});

test("an error that only has a status is nobody's", () => {
  assert.ok(!(toGlamError(foreign("Error", "x", { status: 404 })) instanceof DomainError));
  assert.ok(toGlamError(foreign("Error", "x", { status: 200, getResponse() {} })) instanceof InternalError);
});

test("a standby, a wrong password, and what a pooler says are told apart by code and text", () => {
  const told = (code: string, message = "x") => {
    const error = toGlamError(foreign("PostgresError", message, { code }));
    assert.ok(error instanceof DatabaseError);
    return [error.message, error.status, error.details["retryable"]];
  };
  assert.deepEqual(told("25006"), ["Database accepts only reads", 503, true]);
  assert.deepEqual(told("28P01"), ["Database refused the role or its password", 500, false]);
  assert.deepEqual(told("3D000"), ["Database does not exist", 500, false]);
  assert.deepEqual(told("08P01", "query_wait_timeout"), ["Database connection failed", 503, true]);
  assert.deepEqual(told("08P01", "no such database: x"), [
    "Database or role is not known to the pooler",
    500,
    false,
  ]);
  assert.deepEqual(told("08P01", "unsupported startup parameter: statement_timeout"), [
    "Database is behind a pooler that refuses a startup parameter: connect with `pooler: true`",
    500,
    false,
  ]);
});

test("what a query layer throws is mapped by the error of Postgres among its causes, whose parameters it drops", () => {
  const duplicate = foreign("PostgresError", "duplicate key", {
    code: "23505",
    constraint_name: "users_email_key",
  });
  const wrap = (cause: unknown) =>
    Object.assign(new Error("Failed query", { cause }), { query: "q", params: ["s3cret"] });
  for (const thrown of [wrap(duplicate), new Error("outer", { cause: wrap(duplicate) })]) {
    const error = toGlamError(thrown);
    assert.ok(error instanceof ConflictError);
    assert.equal(error.details["constraint"], "users_email_key");
    assert.equal(error.cause, duplicate);
  }
  const refused = toGlamError(wrap(foreign("Error", "connect", { code: "ECONNREFUSED" })));
  assert.ok(refused instanceof DatabaseError && refused.status === 503);
  const own = new ConflictError("Taken");
  assert.equal(toGlamError(wrap(own)), own);
  assert.ok(toGlamError(new Error("outer", { cause: own })) instanceof InternalError);
  const circular = foreign("Error", "x", {});
  Object.assign(circular, { cause: circular });
  assert.ok(toGlamError(circular) instanceof InternalError);
});
