import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { glamMiddleware, type GlamOptions, implement } from "@glam/shared/api";
import { getContext, setContext } from "@glam/shared/context";
import { defineEndpoint } from "@glam/shared/contract";
import * as z from "zod";
import { ownClock } from "../_support/own_clock.ts";
import { type App, createApp, send } from "./_support.ts";

const HEADER = "X-Request-Timeout-Ms";
const NOW = Date.UTC(2026, 0, 1);
const Work = defineEndpoint("POST /work", { data: z.object({}) });
const Quick = defineEndpoint("POST /quick", { data: z.object({}), timeoutMs: 100 });

/** What a peer at this address is, to Deno's server. */
const from = (hostname: string) => ({ remoteAddr: { hostname } });

interface Seen {
  deadlineAt?: number | undefined;
  reason?: unknown;
}

/** An application whose handlers never end, and what they saw. */
function hanging(options: GlamOptions, before?: () => void): ReturnType<typeof createApp> & { seen: Seen } {
  const created = createApp(options);
  const { app } = created;
  const seen: Seen = {};
  if (before !== undefined) {
    app.use((_, next) => {
      before();
      return next();
    });
  }
  const hang = () => {
    const { deadlineAt, signal } = getContext()!;
    seen.deadlineAt = deadlineAt;
    signal?.addEventListener("abort", () => void (seen.reason = signal.reason));
    return new Promise<never>(() => {});
  };
  app.post("/plain", hang);
  implement(app, Work, hang);
  implement(app, Quick, hang);
  return { ...created, seen };
}

/** How long an answer takes, in steps of the clock, or `undefined` where it is longer than two seconds. */
async function timeOf(
  app: App,
  header: string | undefined,
  { path = "/plain", env }: { readonly path?: string; readonly env?: object } = {},
): Promise<number | undefined> {
  using clock = ownClock(NOW);
  let status: number | undefined;
  const init = { method: "POST", headers: header === undefined ? {} : { [HEADER]: header } };
  send(app, path, init, env).then((answer) => void (status = answer.status));
  for (let ms = 0; ms <= 2000; ms += 5) {
    await clock.advance(ms === 0 ? 0 : 5);
    if (status === undefined) continue;
    assert.equal(status, 504);
    return ms;
  }
  return undefined;
}

describe("X-Request-Timeout-Ms", () => {
  it("of everybody shortens timeoutMs with `all`, and never lengthens it", async () => {
    const { app } = hanging({ timeoutMs: 1000, deadlines: "all" });
    assert.equal(await timeOf(app, undefined), 1000);
    assert.equal(await timeOf(app, "300"), 300);
    assert.equal(await timeOf(app, "5000"), 1000);
    assert.equal(await timeOf(hanging({ deadlines: "all" }).app, "300"), 300, "without timeoutMs");
  });

  it("is 5 ms at least", async () => {
    assert.equal(await timeOf(hanging({ deadlines: "all" }).app, "1"), 5);
  });

  it("is ignored where it is malformed, and harmless where it is huge", async () => {
    const { app } = hanging({ timeoutMs: 1000, deadlines: "all" });
    for (const header of ["0", "007", "-5", "1e2", "10ms", "", "12345678901", "9999999999", "5, 5"]) {
      assert.equal(await timeOf(app, header), 1000, header);
    }
  });

  it("of nobody is heeded with `ignore`", async () => {
    const { app } = hanging({ timeoutMs: 1000, deadlines: "ignore", trustPeers: ["10.0.0.0/8"] });
    assert.equal(await timeOf(app, "300", { env: from("10.1.2.3") }), 1000);
  });

  it("is heeded by default from trustPeers alone", async () => {
    assert.equal(await timeOf(hanging({ timeoutMs: 1000 }).app, "300", { env: from("10.1.2.3") }), 1000);
    const { app } = hanging({ timeoutMs: 1000, trustPeers: ["10.0.0.0/8", "fd00::/8"] });
    assert.equal(await timeOf(app, "300", { env: from("10.1.2.3") }), 300);
    assert.equal(await timeOf(app, "300", { env: from("fd00::7") }), 300);
    assert.equal(await timeOf(app, "300", { env: from("11.1.2.3") }), 1000);
    assert.equal(await timeOf(app, "300"), 1000, "a peer that nobody knows");
  });

  it("of a service that authentication found is heeded by endpoints", async () => {
    const { app } = hanging({ timeoutMs: 1000 }, () => setContext({ sourceService: "orders" }));
    assert.equal(await timeOf(app, "300", { path: "/work" }), 300);
    const nobody = hanging({ timeoutMs: 1000 }).app;
    assert.equal(await timeOf(nobody, "300", { path: "/work" }), 1000);
    const ignoring = hanging(
      { timeoutMs: 1000, deadlines: "ignore" },
      () => setContext({ sourceService: "o" }),
    );
    assert.equal(await timeOf(ignoring.app, "300", { path: "/work" }), 1000);
    const unlimited = hanging({}, () => setContext({ sourceService: "orders" }));
    assert.equal(await timeOf(unlimited.app, "300", { path: "/work" }), 300);
  });

  it("shortens an endpoint's own time, which replaces the application's", async () => {
    const { app } = hanging({ timeoutMs: 1000, deadlines: "all" });
    assert.equal(await timeOf(app, undefined, { path: "/quick" }), 100);
    assert.equal(await timeOf(app, "50", { path: "/quick" }), 50);
    assert.equal(await timeOf(app, "500", { path: "/quick" }), 100);
  });

  it("is the deadline of the context, and aborts its signal", async () => {
    const { app, seen } = hanging({ timeoutMs: 1000, deadlines: "all" });
    await timeOf(app, "300");
    assert.equal(seen.deadlineAt, NOW + 300);
    assert.equal((seen.reason as { code?: string }).code, "TIMEOUT");
    await timeOf(app, undefined);
    assert.equal(seen.deadlineAt, NOW + 1000);
  });

  it("that passes is a line of level INFO and a number of its own, while an own time-out is an error", async () => {
    const { app, entries } = hanging({ timeoutMs: 1000, deadlines: "all" });
    await timeOf(app, "300");
    assert.deepEqual(entries.map(({ level, message }) => [level, message]), [
      ["info", "The caller's deadline passed"],
      ["info", "Request completed"],
    ]);
    assert.deepEqual([entries[0]!.fields["status"], entries[0]!.fields["error_code"]], [504, "TIMEOUT"]);
    await timeOf(app, "2000");
    assert.deepEqual(entries.slice(2).map(({ level }) => level), ["error", "info"]);
    const { text } = await send(app, "/metrics");
    assert.ok(text.includes('\nhttp_caller_deadlines_total{service="catalog"} 1\n'));
  });

  it("does not make an INFO line of a 504 that comes in time", async () => {
    const { app, entries } = createApp({ deadlines: "all" });
    app.post("/", (c) => c.json({}, 504));
    await send(app, "/", { method: "POST", headers: { [HEADER]: "60000" } });
    const { text } = await send(app, "/metrics");
    assert.ok(text.includes('http_caller_deadlines_total{service="catalog"} 0\n'));
    assert.deepEqual(entries.map(({ message }) => message), ["Request completed"]);
  });
});

describe("the options of deadlines", () => {
  it("are refused with what they should be", () => {
    const deadlines = "some" as "all";
    assert.throws(() => glamMiddleware({ deadlines }), {
      name: "TypeError",
      message: /`deadlines`.*got "some"/,
    });
    assert.throws(() => glamMiddleware({ trustPeers: ["everybody"] }), {
      name: "TypeError",
      message: 'Expected `trustPeers` to list networks such as "10.0.0.0/8", got "everybody"',
    });
  });
});
