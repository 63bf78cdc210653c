import assert from "node:assert/strict";
import { it } from "node:test";
import { glamMiddleware, type IdempotencyGuard } from "@glam/shared/api";
import { DatabaseError } from "@glam/shared/errors";
import { Hono } from "hono";
import { waitFor } from "../_support/wait_for.ts";
import { testService } from "./_support.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };

function guardedApp(guard: Partial<IdempotencyGuard>): Hono {
  const app = new Hono();
  const idempotency: IdempotencyGuard = { run: (_c, _request, respond) => respond(), ...guard };
  app.use("/a/*", glamMiddleware({ logger: silent, guards: { idempotency } }));
  app.use("/b/*", glamMiddleware({ logger: silent, guards: { idempotency } }));
  return app;
}

it("a service asks the guards of its application whether they can work before it listens", async () => {
  let asked = 0;
  const { service, steps } = testService({ app: guardedApp({ ping: () => Promise.resolve(void asked++) }) });
  await service.start();
  assert.equal(asked, 1, "each of them once");
  assert.deepEqual(steps().slice(0, 2), ["Guards ready", "Listening"]);
  await service.stop();
});

it("a service does not start with a guard that cannot work", async () => {
  const ping = () => Promise.reject(new DatabaseError("There is no table"));
  const { service } = testService({ app: guardedApp({ ping }) });
  await assert.rejects(service.start(), /Cannot start .*: http: There is no table/);
});

it("a service lets its guards clean up again and again, also after a failure, until it stops", async () => {
  const signals: AbortSignal[] = [];
  const cleanUp = async ({ signal }: { readonly signal: AbortSignal }) => {
    signals.push(signal);
    if (signals.length === 1) throw new Error("by chance");
    if (signals.length < 3) return;
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    throw signal.reason;
  };
  const { service, lines } = testService({ app: guardedApp({ cleanUp, cleanUpEveryMs: 1 }) });
  await service.start();
  await waitFor(() => signals.length === 3, "it has cleaned up three times");
  assert.equal(signals[0]!.aborted, false);
  await service.stop();
  assert.equal(signals[0]!.aborted, true);
  const failures = lines.filter(({ message }) => message.includes("could not be cleaned up"));
  assert.deepEqual(failures.map(({ fields }) => (fields["error"] as Error).message), ["by chance"]);
});
