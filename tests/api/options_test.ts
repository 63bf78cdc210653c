import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { glamMiddleware, type GlamOptions } from "@glam/shared/api";
import { recordingLogger } from "./_support.ts";

const { logger } = recordingLogger();

function refuses(options: object, name: "RangeError" | "TypeError", message: RegExp) {
  assert.throws(() => glamMiddleware({ logger, ...options } as GlamOptions), { name, message });
}

describe("glamMiddleware refuses, with a message that says what it expects,", () => {
  for (
    const service of [
      "",
      " ",
      " padded",
      "padded ",
      "two\nlines",
      "caf\u00e9",
      "\u0000",
      "\u{1F600}",
    ]
  ) {
    it(`a service that cannot be a header: ${JSON.stringify(service)}`, () => {
      refuses({ service }, "TypeError", /Expected `service` to be printable ASCII.*, got /);
    });
  }

  for (const timeoutMs of [0, -1, NaN, Infinity, 2 ** 31, "10s"]) {
    it(`a timeoutMs of ${timeoutMs}`, () => {
      refuses({ timeoutMs }, "RangeError", /Expected `timeoutMs` to be .*2147483647, got /);
    });
  }

  for (const trustProxy of [-1, 1.5, NaN, Infinity]) {
    it(`a trustProxy of ${trustProxy}`, () => {
      refuses({ trustProxy }, "RangeError", /Expected `trustProxy` to be .* got /);
    });
  }

  for (
    const network of [
      ...[
        "",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/x",
        "10.0.0.0/",
        "10.0.0/8",
        "256.0.0.0/8",
        "2001:db8::/129",
      ],
      ...["localhost", "loopback", "10.0.0.0/8/9", ":::/0", "10.0.0.0-10.0.0.9", "10.0.0.0/8.5", " /8"],
    ]
  ) {
    it(`a network that is none: ${JSON.stringify(network)}`, () => {
      refuses({ trustProxy: ["10.0.0.0/8", network] }, "TypeError", /Expected `trustProxy` to list networks/);
    });
  }

  it("true, or text, as trustProxy, which would believe anybody", () => {
    for (const trustProxy of [true, "10.0.0.0/8", "1", {}]) {
      assert.throws(
        () => glamMiddleware({ logger, trustProxy } as never),
        (error: Error) =>
          ["RangeError", "TypeError"].includes(error.name) && /`trustProxy`/.test(error.message),
      );
    }
  });

  it("a path that does not start with a slash", () => {
    refuses(
      { metrics: { path: "metrics" } },
      "TypeError",
      /Expected `metrics.path` to start with "\/", got "metrics"/,
    );
    refuses({ health: { path: "" } }, "TypeError", /Expected `health.path` to start with "\/", got ""/);
  });

  it("two endpoints of its own on one path", () => {
    for (const path of ["/metrics", "/health/live", "/health/ready"]) {
      refuses({ health: { path } }, "TypeError", /path/);
    }
    refuses({ metrics: { path: "/api/v1/health" } }, "TypeError", /path/);
  });

  it("buckets that are not ascending", () => {
    for (const buckets of [[], [1, 1], [2, 1], [NaN], [1, Infinity]]) {
      refuses({ metrics: { buckets } }, "RangeError", /Expected `buckets` to be ascending finite numbers/);
    }
  });

  for (const timeoutMs of [0, -1, NaN, Infinity, 2 ** 31]) {
    it(`a health check's timeoutMs of ${timeoutMs}`, () => {
      const checks = { database: { check: () => {}, timeoutMs } };
      refuses({ health: { checks } }, "RangeError", /Expected `timeoutMs` of health check "database" to be /);
    });
  }

  it("a health check that is no function", () => {
    for (const check of [undefined, null, true, "http://db", {}, { check: true }]) {
      refuses({ health: { checks: { database: check } } }, "TypeError", /health check "database"/);
    }
  });
});

describe("glamMiddleware", () => {
  it("takes options of undefined as missing ones", () => {
    const names = ["service", "logger", "metrics", "health", "accessLog", "exposeTrace", "errors"];
    names.push("methodNotAllowed", "trustProxy", "timeoutMs");
    glamMiddleware(Object.fromEntries(names.map((name) => [name, undefined])) as GlamOptions);
  });

  it("neither changes its options nor needs them to stay as they are", () => {
    const freeze = (value: object): object => {
      for (const part of Object.values(value)) if (typeof part === "object" && part !== null) freeze(part);
      return Object.freeze(value);
    };
    glamMiddleware(freeze({
      logger: { ...logger },
      metrics: { buckets: [1, 2] },
      health: { checks: { a: { check: () => {}, timeoutMs: 5 } } },
      errors: { exposeInternal: true },
      trustProxy: ["10.0.0.0/8", "::1", "2001:db8::/0"],
    }) as GlamOptions);
  });

  it("takes service names that a header can hold", () => {
    for (const service of ["a", "catalog-connector", "Catalog (eu) v2", "~!@"]) {
      glamMiddleware({ service, logger });
    }
  });

  it("is named, for stack traces and Hono's showRoutes", () => {
    assert.equal(glamMiddleware({ logger }).name, "glam");
  });
});
