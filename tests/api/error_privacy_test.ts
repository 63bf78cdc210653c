import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DomainError, GlamError, InfrastructureError, InternalError } from "@glam/shared/errors";
import { createApp, jsonLogger, send } from "./_support.ts";

class DatabaseDownError extends Error {
  override readonly name = "DatabaseDownError";
}

const cause = new Error("connect to db.internal:5432 as admin");
const failure = new DatabaseDownError("select from secret_table failed", { cause });

describe("a server error", () => {
  for (const accept of ["*/*", "application/problem+json"]) {
    it(`tells the client nothing, and the log everything under the same id, with Accept: ${accept}`, async () => {
      const { logger, lines } = jsonLogger();
      const { app } = createApp({ logger });
      app.get("/", () => {
        throw failure;
      });
      const { status, headers, text } = await send(app, "/", { headers: { accept } });
      assert.equal(status, 500);
      for (
        const part of [
          "secret_table",
          "db.internal",
          "DatabaseDown",
          "error_privacy",
          "    at ",
          "file:",
          ".ts",
        ]
      ) {
        assert.ok(!text.includes(part), `the body has "${part}"`);
      }
      const line = lines.find(({ level }) => level === "ERROR");
      assert.equal(line.request_id, headers.get("x-request-id"));
      assert.equal(line.correlation_id, headers.get("x-correlation-id"));
      assert.equal(line.error_type, "DatabaseDownError");
      assert.match(line.exception, /select from secret_table failed/);
      assert.match(line.exception, /error_privacy_test/, "the stack");
      assert.match(line.exception, /connect to db\.internal:5432 as admin/, "the cause");
      assert.deepEqual([line.method, line.path, line.status], ["GET", "/", 500]);
    });
  }

  it("of a class keeps its code, its class's message and what is needed to retry", async () => {
    const { app } = createApp();
    app.get("/", () => {
      throw new InfrastructureError("db.internal is down", {
        details: { host: "db.internal", retry_after: 7, retryable: true, error_id: "e" },
      });
    });
    const { body } = await send(app, "/");
    assert.deepEqual(body.error, {
      code: "INFRASTRUCTURE_ERROR",
      message: "Service Unavailable",
      details: { retry_after: 7, retryable: true, error_id: "e" },
    });
  });

  it("with expose: true is shown, and a client error with expose: false is not", async () => {
    const { app } = createApp();
    app.get("/shown", () => {
      throw new GlamError("Come back later", { status: 503, code: "LATER", expose: true, details: { a: 1 } });
    });
    app.get("/hidden", () => {
      throw new GlamError("secret", { status: 400, code: "HIDDEN", expose: false, details: { a: 1 } });
    });
    const shown = (await send(app, "/shown")).body.error;
    assert.deepEqual(shown, { code: "LATER", message: "Come back later", details: { a: 1 } });
    assert.deepEqual((await send(app, "/hidden")).body.error, { code: "HIDDEN", message: "Bad Request" });
  });

  it("logs the thrown value where it is no Error", async () => {
    const { logger, lines } = jsonLogger();
    const { app } = createApp({ logger });
    app.get("/", () => {
      throw { reason: "out of paper" };
    });
    const { text } = await send(app, "/");
    assert.ok(!text.includes("paper"));
    assert.match(JSON.stringify(lines), /out of paper/);
  });

  it("of status under 500 is in the access line only", async () => {
    const { app, entries } = createApp();
    app.get("/", () => {
      throw new DomainError("no");
    });
    await send(app, "/");
    assert.deepEqual(entries.map(({ level }) => level), ["info"]);
  });
});

describe("errors.exposeInternal", () => {
  it("shows message and details of a GlamError", async () => {
    const { app } = createApp({ errors: { exposeInternal: true } });
    app.get("/", () => {
      throw new InfrastructureError("db.internal is down", { details: { host: "db.internal" } });
    });
    const { error } = (await send(app, "/")).body;
    assert.equal(error.message, "db.internal is down");
    assert.equal(error.details.host, "db.internal");
  });

  it("is off when it is undefined", async () => {
    const { app } = createApp({ errors: { exposeInternal: undefined } });
    app.get("/", () => {
      throw new InternalError("secret");
    });
    assert.equal((await send(app, "/")).body.error.message, "An unexpected error occurred");
  });
});

describe("errors.map", () => {
  const boom = () => {
    throw failure;
  };

  it("answers with the error it gives, and logs what was thrown", async () => {
    const seen: unknown[] = [];
    const { app, entries } = createApp({
      errors: {
        map: (error) => {
          seen.push(error);
          return new GlamError("mapped", { code: "MAPPED", status: 503, details: { retry_after: 3 } });
        },
      },
    });
    app.get("/", boom);
    const { status, headers, body } = await send(app, "/");
    assert.deepEqual([status, body.error.code, headers.get("retry-after")], [503, "MAPPED", "3"]);
    assert.deepEqual(seen, [failure], "it was asked once");
    assert.equal(entries[0]?.fields.error, failure);
    assert.equal(entries[1]?.fields.error_code, "MAPPED");
  });

  it("sees every kind of value, and undefined leaves it to the default mapping", async () => {
    const seen: unknown[] = [];
    const { app } = createApp({ errors: { map: (error) => void seen.push(error) as undefined } });
    app.get("/string", () => {
      throw "text";
    });
    app.get("/undefined", () => {
      throw undefined;
    });
    assert.equal((await send(app, "/string")).status, 500);
    assert.equal((await send(app, "/undefined")).status, 500);
    assert.deepEqual(seen, ["text", undefined]);
  });

  it("that throws, or gives something else, falls back to the default mapping", async () => {
    const maps = [
      () => {
        throw new Error("in the map");
      },
      () => "text" as never,
      () => ({ status: 200 }) as never,
      () => null as never,
    ];
    for (const map of maps) {
      const { app, entries } = createApp({ errors: { map } });
      app.get("/", boom);
      app.get("/domain", () => {
        throw new DomainError("no");
      });
      const { status, body } = await send(app, "/");
      assert.deepEqual([status, body.error.code], [500, "INTERNAL_ERROR"]);
      assert.ok(entries.some(({ fields }) => fields.error === failure), "what was thrown is in the log");
      assert.equal((await send(app, "/domain")).status, 400);
    }
  });

  it("that throws is in the log, and a logger that throws as well does no harm", async () => {
    const throwing = () => {
      throw new Error("the logger");
    };
    const map = () => {
      throw new Error("the map");
    };
    const { app, entries } = createApp({ errors: { map } });
    app.get("/", boom);
    await send(app, "/");
    assert.ok(entries.some(({ fields }) => (fields.error as Error)?.message === "the map"));

    const logger = { debug: throwing, info: throwing, warn: throwing, error: throwing, critical: throwing };
    const { app: other } = createApp({ errors: { map }, logger });
    other.get("/", boom);
    const { status, body, headers } = await send(other, "/");
    assert.deepEqual([status, body?.error.code, headers.get("x-service-name")], [
      500,
      "INTERNAL_ERROR",
      "catalog",
    ]);
  });
});
