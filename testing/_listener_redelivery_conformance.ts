import assert from "node:assert/strict";
import type { It } from "./_listener_delivery_conformance.ts";
import { ACK_WAIT_MS, type BusUnderTest, Listening, Named, Numbered } from "./_listening.ts";

/** Tests of messages that the server delivers again, to this process or to another one. */
export function redeliveryConformance(it: It, create: () => Promise<BusUnderTest>): void {
  const test = (name: string, fn: (listening: Listening) => Promise<void>) =>
    it(name, async () => {
      await using listening = new Listening(await create());
      await fn(listening);
    });

  test("listener buries a message that was delivered too often, unseen, and no sooner", async (t) => {
    await t.pass(t.bus.ensureStream(t.events));
    const names = ["below", "above"];
    for (const name of names) await t.publish(Named, { name });
    const consumer = await t.bus.consumer({
      stream: t.events.name,
      name: "conformance-suite-evt_conformance_named_v1",
      filterSubject: Named.subject,
      ackWaitMs: ACK_WAIT_MS,
      maxAckPending: 20_000,
    });
    // As processes that die with a message do: "below" is delivered four times, "above" five times.
    const counts: Record<string, number> = {};
    const subscription = consumer.subscribe({
      onEnd() {},
      onDelivery(delivery) {
        const { name } = JSON.parse(new TextDecoder().decode(delivery.data)).data;
        counts[name] = delivery.deliveryCount;
        delivery.nak(delivery.deliveryCount < (name === "below" ? 4 : 5) ? 0 : 100);
      },
    });
    subscription.pull(9);
    await t.until(() => counts["below"] === 4 && counts["above"] === 5, "both were delivered often");
    subscription.close();
    const seen: string[] = [];
    await t.listen({ events: [Named], handle: ({ data }) => void seen.push(data.name) });
    await t.until(async () => seen.length === 1 && (await t.deadLetters()).length === 1, "both are settled");
    assert.deepEqual(seen, ["below"]);
    const [letter] = await t.deadLetters();
    assert.equal(letter!.headers.get("Glam-Dlq-Error-Code"), "POISON_MESSAGE");
    assert.equal(letter!.headers.get("Glam-Dlq-Attempts"), "6");
  });

  test("listener keeps back the late answer for a message that another process has by now", async (t) => {
    await t.inTime([600, 2000, 6000, 18_000], async (ackWaitMs) => {
      let isConnected = true;
      const bus = new Proxy(t.bus, {
        get(target, key) {
          if (key === "connected") return isConnected;
          const value = Reflect.get(target, key, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
      const begun: string[] = [];
      const gates = { first: Promise.withResolvers<void>(), second: Promise.withResolvers<void>() };
      const options = (name: "first" | "second") => ({
        events: [Numbered] as const,
        ackWaitMs,
        handle: () => (begun.push(name), gates[name].promise),
      });
      const first = await t.listen(options("first"), bus);
      await t.publish(Numbered, { n: 1 });
      await t.until(() => begun.length === 1, "the first process handles it");
      isConnected = false; // from here on it does not extend the message
      const second = await t.listen(options("second"));
      await t.until(() => begun.length === 2, "the second process handles it");
      isConnected = true;
      gates.first.resolve();
      await t.until(async () => (await first.health()).consumers[0]!.held === 0, "the first is done");
      await t.bus.flush();
      const { ackPending } = await t.info(second, Numbered, ackWaitMs);
      gates.second.resolve();
      await t.until(
        async () => (await t.info(second, Numbered, ackWaitMs)).ackPending === 0,
        "the second process settles it",
      );
      return ackPending === 1;
    }, "the answer of the first process is kept back");
  });
}
