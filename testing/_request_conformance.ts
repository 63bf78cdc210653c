import assert from "node:assert/strict";
import * as z from "zod";
import { propagationHeaders } from "../context/propagation.ts";
import { runWithContext } from "../context/storage.ts";
import { NotFoundError, ValidationError } from "../errors/common.ts";
import { isGlamError } from "../errors/glam_error.ts";
import { createResponder, type Responder } from "../messaging/request/create_responder.ts";
import { defineRequest, type RequestContract } from "../messaging/contract/define_request.ts";
import type { HeaderEntries } from "../messaging/bus/message_headers.ts";
import type { It } from "./_listener_delivery_conformance.ts";
import { type BusUnderTest, Listening, PATIENCE_MS } from "./_listening.ts";
import { isBusError } from "./_publish_conformance.ts";

interface Question {
  readonly merchantId: string;
}
interface Answer {
  readonly credits: number;
}

const GetBalance: RequestContract<Question, Question, Answer> = defineRequest("rpc.credit.balance.v1", {
  request: z.object({ merchantId: z.string().min(1) }),
  response: z.object({ credits: z.int() }),
});

/** Time limit of requests that are answered; long, because a busy machine is slow. */
const PATIENT = { timeoutMs: PATIENCE_MS };

/** Tests of requests and responders. */
export function requestConformance(it: It, create: () => Promise<BusUnderTest>): void {
  const test = (name: string, fn: (t: Listening, responder: Responder) => Promise<void>) =>
    it(name, async () => {
      await using t = new Listening(await create());
      await using responder = createResponder(t.bus, { service: "credits" });
      await fn(t, responder);
    });

  test("a request is answered, both sides validated", async (t, responder) => {
    await responder.respond(GetBalance, ({ data }) => ({ credits: data.merchantId.length }));
    assert.deepEqual(await t.bus.request(GetBalance, { merchantId: "m_1" }, PATIENT), { credits: 3 });
    await assert.rejects(t.bus.request(GetBalance, { merchantId: "" }, PATIENT), isContractError);
  });

  test("a reply that is larger than the bus takes is an error at once", async (t, responder) => {
    const text = "x".repeat(t.bus.maxPayloadBytes);
    const Large = defineRequest("rpc.conformance.large.v1", { request: z.string(), response: z.string() });
    await responder.respond(Large, () => text);
    await assert.rejects(t.bus.request(Large, "reply", PATIENT), (error) => {
      assert.ok(isGlamError(error));
      assert.deepEqual([error.status, error.code], [500, "INTERNAL_ERROR"]);
      return true;
    });
    const Refused = defineRequest("rpc.conformance.refused.v1", {
      request: z.string(),
      response: z.string(),
    });
    await responder.respond(Refused, () => {
      throw new NotFoundError(`Not found: ${text}`, { resource: text });
    });
    await assert.rejects(t.bus.request(Refused, "error", PATIENT), (error) => {
      assert.ok(error instanceof NotFoundError);
      assert.match(error.message, /^Not found: x{100}/);
      assert.ok(error.message.length <= 256);
      return true;
    });
  });

  test("a request with many problems is refused at once", async (t, responder) => {
    const Numbers = defineRequest("rpc.conformance.many.v1", {
      request: z.array(z.int()),
      response: z.null(),
    });
    const Anything = defineRequest(Numbers.subject, { request: z.array(z.any()), response: z.null() });
    await responder.respond(Numbers, () => null);
    const items = new Array(Math.floor(t.bus.maxPayloadBytes / 8)).fill("");
    await assert.rejects(t.bus.request(Anything, items, PATIENT), ValidationError);
  });

  test("everybody who serves a subject is heard, where the bus can gather", async (t) => {
    if (t.bus.gather === undefined) return; // an adapter may leave it out
    const subject = "glam.conformance.who";
    const limits = { timeoutMs: PATIENCE_MS, idleMs: PATIENCE_MS };
    assert.deepEqual(await t.bus.gather(subject, "", limits), []);
    const servings = await Promise.all(["a", "b", "c"].map((name) =>
      t.bus.serve(subject, {
        onRequest: ({ data }) => Promise.resolve({ data: `${name} ${new TextDecoder().decode(data)}` }),
      })
    ));
    const heard = async (idleMs: number) => {
      const replies = await t.pass(t.bus.gather!(subject, "?", { timeoutMs: PATIENCE_MS, idleMs }));
      return replies.map(({ data }) => new TextDecoder().decode(data)).sort();
    };
    assert.deepEqual(await heard(1000), ["a ?", "b ?", "c ?"]);
    await servings[1]!.close();
    assert.deepEqual(await heard(1000), ["a ?", "c ?"]);
    const late = Promise.withResolvers<{ data: string }>();
    await t.bus.serve(subject, { onRequest: () => late.promise });
    assert.deepEqual(await heard(100), ["a ?", "c ?"]); // no longer than it takes
    const controller = new AbortController();
    const aborted = t.bus.gather(subject, "?", { ...limits, signal: controller.signal });
    controller.abort(new Error("left"));
    await assert.rejects(aborted, /left/);
    await assert.rejects(t.bus.gather(subject, "?", { timeoutMs: 0 }), RangeError);
    late.resolve({ data: "late" });
  });

  test("what serves requests without a contract and fails is an error at once, too", async (t) => {
    const replies = {
      "rpc.conformance.raw.large.v1": { data: "x".repeat(t.bus.maxPayloadBytes + 1) },
      "rpc.conformance.raw.header.v1": { data: "", headers: [["A", "b\nc"]] as const },
      "rpc.conformance.raw.rejects.v1": undefined,
    };
    for (const [subject, reply] of Object.entries(replies)) {
      const serving = await t.bus.serve(subject, {
        onRequest: () => reply === undefined ? Promise.reject(new Error("hunter2")) : Promise.resolve(reply),
      });
      const Raw = defineRequest(subject, { request: z.null(), response: z.string() });
      await assert.rejects(t.bus.request(Raw, null, PATIENT), (error) => {
        assert.ok(isGlamError(error), subject);
        assert.equal(error.status, 500);
        assert.doesNotMatch(error.message, /hunter2/);
        return true;
      });
      await serving.close();
    }
  });

  test("a malformed correlation id of a request is replaced", async (t, responder) => {
    const seen: string[] = [];
    await responder.respond(GetBalance, ({ context }) => {
      seen.push(context.correlationId);
      new Headers(propagationHeaders()); // throws when one could not be sent on
      return { credits: 1 };
    });
    for (const id of ["日本", "a b", "x".repeat(200), "<script>", "corr_1"]) {
      const headers: HeaderEntries = [["X-Correlation-ID", id]];
      await t.bus.call(GetBalance.subject, { data: '{"merchantId":"m"}', headers }, PATIENT);
    }
    assert.equal(seen.length, 5);
    assert.ok(seen.slice(0, 4).every((id) => /^corr_[0-9a-f]{12}$/.test(id)), seen.join());
    assert.equal(seen[4], "corr_1");
  });

  test("the responder's error is the caller's, as the class it is", async (t, responder) => {
    await responder.respond(GetBalance, () => {
      throw new NotFoundError("Merchant m_1 not found", { resource: "merchant", resourceId: "m_1" });
    });
    await assert.rejects(t.bus.request(GetBalance, { merchantId: "m_1" }, PATIENT), (error) => {
      assert.ok(error instanceof NotFoundError);
      assert.equal(error.message, "Merchant m_1 not found");
      assert.deepEqual(error.details, { resource: "merchant", resource_id: "m_1" });
      return true;
    });
  });

  test("what a handler did not mean to say stays with the responder", async (t, responder) => {
    await responder.respond(GetBalance, () => {
      throw new Error("password=hunter2");
    });
    await assert.rejects(t.bus.request(GetBalance, { merchantId: "m_1" }, PATIENT), (error) => {
      assert.ok(isGlamError(error));
      assert.equal(error.code, "INTERNAL_ERROR");
      assert.doesNotMatch(JSON.stringify(error), /hunter2/);
      return true;
    });
  });

  test("a response that breaks the contract is the responder's error", async (t, responder) => {
    await responder.respond(GetBalance, () => ({ credits: 1.5 }));
    await assert.rejects(
      t.bus.request(GetBalance, { merchantId: "m_1" }, PATIENT),
      isContractError,
    );
  });

  test("a response that breaks the caller's contract is a contract error", async (t, responder) => {
    const Loose = defineRequest(GetBalance.subject, { request: z.unknown(), response: z.unknown() });
    await responder.respond(Loose, () => ({ credits: "many" }));
    await assert.rejects(t.bus.request(GetBalance, { merchantId: "m_1" }, PATIENT), isContractError);
  });

  test("a response that the bus does not take is the responder's error, at once", async (t, responder) => {
    const Large = defineRequest("rpc.large.v1", {
      request: z.object({}),
      response: z.object({ text: z.string() }),
    });
    await responder.respond(Large, () => ({ text: "x".repeat(t.bus.maxPayloadBytes) }));
    await assert.rejects(
      t.bus.request(Large, {}, PATIENT),
      (error) => isGlamError(error) && error.status === 500 && error.code === "INTERNAL_ERROR",
    );
  });

  test(
    "an error that the bus does not take reaches the caller without its details, at once",
    async (t, responder) => {
      const text = "x".repeat(t.bus.maxPayloadBytes);
      await responder.respond(GetBalance, () => {
        throw new NotFoundError("Merchant m_1 not found", { details: { text } });
      });
      await assert.rejects(
        t.bus.request(GetBalance, { merchantId: "m_1" }, PATIENT),
        (error) =>
          error instanceof NotFoundError && error.status === 404 && error.details["text"] === undefined,
      );
    },
  );

  test("a request in which everything is wrong is refused at once", async (t, responder) => {
    const Strict = defineRequest("rpc.list.v1", { request: z.array(z.int()), response: z.unknown() });
    const Loose = defineRequest(Strict.subject, { request: z.unknown(), response: z.unknown() });
    await responder.respond(Strict, () => null);
    const data = Array(Math.floor(t.bus.maxPayloadBytes / 8)).fill("");
    await assert.rejects(t.bus.request(Loose, data, PATIENT), (error) => {
      assert.ok(error instanceof ValidationError);
      assert.equal((error.details["validation_errors"] as unknown[]).length, 100);
      assert.equal(error.details["omitted_errors"], data.length - 100);
      return true;
    });
  });

  test("a request that breaks the contract is refused by the responder as well", async (t, responder) => {
    const Loose = defineRequest(GetBalance.subject, { request: z.unknown(), response: z.unknown() });
    await responder.respond(GetBalance, () => ({ credits: 1 }));
    await assert.rejects(t.bus.request(Loose, { merchantId: 7 }, PATIENT), ValidationError);
  });

  test("a request that nobody answers rejects at once", async (t) => {
    await assert.rejects(
      t.bus.request(GetBalance, { merchantId: "m_1" }, PATIENT),
      isBusError("no_responder", true),
    );
  });

  test("a request that takes too long rejects, and the handler's signal aborts", async (t, responder) => {
    const aborted = Promise.withResolvers<void>();
    await responder.respond(GetBalance, ({ signal }) => {
      return new Promise<Answer>(() => signal.addEventListener("abort", () => aborted.resolve()));
    });
    const asking = t.bus.request(GetBalance, { merchantId: "m_1" }, { timeoutMs: 200 });
    await assert.rejects(t.pass(asking), (error) => {
      // Either side may time out first.
      assert.ok(isGlamError(error) && ["MESSAGE_BUS_ERROR", "TIMEOUT"].includes(error.code), String(error));
      return true;
    });
    await aborted.promise;
  });

  test("a caller can give up", async (t, responder) => {
    const [begun, late] = [Promise.withResolvers<void>(), Promise.withResolvers<Answer>()];
    await responder.respond(GetBalance, () => (begun.resolve(), late.promise));
    const controller = new AbortController();
    const asking = t.bus.request(GetBalance, { merchantId: "m_1" }, {
      signal: controller.signal,
      ...PATIENT,
    });
    const reason = new Error("enough");
    const rejected = assert.rejects(asking, (error) => error === reason);
    await begun.promise;
    controller.abort(reason);
    await rejected;
    late.resolve({ credits: 1 });
  });

  test("replicas share the requests", async (t, responder) => {
    await using replica = createResponder(t.bus, { service: "credits" });
    const counts = [0, 0];
    await responder.respond(GetBalance, () => ({ credits: ++counts[0]! }));
    await replica.respond(GetBalance, () => ({ credits: ++counts[1]! }));
    for (let i = 0; i < 40; i++) await t.bus.request(GetBalance, { merchantId: "m_1" }, PATIENT);
    assert.equal(counts[0]! + counts[1]!, 40);
    assert.ok(counts[0]! > 0 && counts[1]! > 0, String(counts));
  });

  test("the handler runs in the context of the request", async (t, responder) => {
    const seen: unknown[] = [];
    await responder.respond(GetBalance, ({ context }) => {
      seen.push(context.correlationId, context.service, context.traceparent?.slice(3, 35));
      return { credits: 1 };
    });
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    await runWithContext({ service: "shop", correlationId: "corr_9", traceparent }, async () => {
      await t.bus.request(GetBalance, { merchantId: "m_1" }, PATIENT);
    });
    assert.deepEqual(seen, ["corr_9", "credits", "0af7651916cd43dd8448eb211c80319c"]);
  });

  test("a subject that a stream covers is refused on both sides", async (t, responder) => {
    await t.bus.ensureStream({ name: "RPC", subjects: ["rpc.>"] });
    await assert.rejects(responder.respond(GetBalance, () => ({ credits: 1 })), isBusError("refused", false));
    await assert.rejects(
      t.bus.request(GetBalance, { merchantId: "m_1" }, PATIENT),
      isBusError("refused", false),
    );
    assert.equal((await t.bus.streamInfo("RPC"))?.messages, 0);
  });

  test("a closed responder finishes what it has begun, and takes no more", async (t, responder) => {
    const [begun, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await responder.respond(GetBalance, async () => {
      begun.resolve();
      await go.promise;
      return { credits: 5 };
    });
    const asking = t.bus.request(GetBalance, { merchantId: "m_1" }, PATIENT);
    await begun.promise;
    const closing = responder.close();
    await t.bus.flush();
    go.resolve();
    assert.deepEqual(await asking, { credits: 5 });
    await closing;
    await assert.rejects(
      t.bus.request(GetBalance, { merchantId: "m_1" }, PATIENT),
      isBusError("no_responder", true),
    );
  });
}

function isContractError(error: unknown): boolean {
  assert.ok(isGlamError(error), String(error));
  assert.deepEqual([error.status, error.code], [500, "CONTRACT_ERROR"]);
  return true;
}
