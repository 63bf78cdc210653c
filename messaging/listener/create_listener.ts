import { outsideContext } from "../../internal/outside_context.ts";
import type { Engine } from "./_engine.ts";
import { toSettings } from "./_settings.ts";
import type { Inbox } from "../inbox/inbox.ts";
import type { Listener } from "./listener.ts";
import type { ListenerOptions } from "./options.ts";
import type { AnyEventContract } from "../contract/define_event.ts";
import type { MessageBus } from "../bus/message_bus.ts";

/**
 * A listener: handles the events of a durable consumer each, at least once, and never loses one silently.
 *
 * An event is acknowledged when its handler has resolved. One that fails is tried again after `backoffMs`, in this process,
 * and becomes a dead letter after `maxAttempts`; one that breaks its contract, or fails with an error that says that
 * trying again is of no use (`isRetryableError`), at once. An event can come twice, after a crash or a lost
 * connection: let the effect be the same, or keep an `inbox` ({@link createInbox}).
 *
 * @example
 * ```ts
 * import { createListener, createMemoryBus, createPublisher, defineEvent } from "@glam/shared/messaging";
 * import * as z from "zod";
 *
 * const ThingDone = defineEvent("evt.demo.thing.done.v1", z.object({ id: z.int(), owner: z.string() }));
 * await using bus = createMemoryBus();
 * const done = Promise.withResolvers<void>();
 * await using listener = createListener(bus, {
 *   service: "ledger",
 *   queueGroup: "summary",
 *   events: [ThingDone],
 *   concurrency: 16,
 *   keyOf: (event) => event.data.owner,
 *   handle({ data, attempt }) {
 *     console.log(data.owner, attempt); // alice 1
 *     done.resolve();
 *   },
 * });
 * await listener.start();
 * await createPublisher(bus, { service: "demo" }).publish(ThingDone, { id: 1, owner: "alice" });
 * await done.promise;
 * ```
 *
 * @throws {TypeError} when an option is not what it should be, or two events would share a durable consumer.
 * @throws {RangeError} when a number is out of its range.
 */
export function createListener<
  const Contracts extends readonly AnyEventContract[],
  Deps = undefined,
  Kept extends Inbox | undefined = undefined,
>(bus: MessageBus, options: ListenerOptions<Contracts, Deps, Kept>): Listener {
  const settings = toSettings(options as never);
  const finished = Promise.withResolvers<void>();
  finished.promise.catch(() => {}); // who wants to know awaits it
  let engine: Engine | undefined;
  let starting: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;

  async function open(): Promise<void> {
    // The engine is what a program that only publishes does not need.
    const { Engine } = await outsideContext(() => import("./_engine.ts"));
    if (stopping !== undefined) return;
    engine = new Engine(bus, settings, finished.reject);
    await engine.start();
  }

  async function close(): Promise<void> {
    await starting?.catch(() => {});
    await engine?.stop();
    finished.resolve();
  }

  return {
    finished: finished.promise,
    durables: new Map(settings.sources.map(({ contract, durable }) => [contract.subject, durable])),
    start() {
      if (stopping !== undefined) {
        return Promise.reject(new TypeError("Cannot start a listener that was stopped; create another one"));
      }
      return starting ??= open().catch((error) => {
        engine = starting = undefined; // nothing of it is left, and it may be tried again
        throw error;
      });
    },
    stop: () => stopping ??= close(),
    health() {
      if (engine !== undefined) return engine.health();
      const reasons = [stopping === undefined ? "The listener was not started" : "The listener was stopped"];
      return Promise.resolve({ status: "unhealthy", reasons, in_flight: 0, consumers: [] });
    },
    [Symbol.asyncDispose]: () => stopping ??= close(),
  };
}
