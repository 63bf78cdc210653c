import { outsideContext } from "../../internal/outside_context.ts";
import type { Engine } from "./_engine.ts";
import { toSettings } from "./_settings.ts";
import type { Inbox } from "../inbox/inbox.ts";
import type { Listener } from "./listener.ts";
import type { ListenerOptions } from "./options.ts";
import type { AnyEventContract } from "../contract/define_event.ts";
import type { MessageBus } from "../bus/message_bus.ts";

/**
 * Creates a listener, which handles events at least once, each event through a durable consumer of its own.
 *
 * An event is acknowledged after its handler has resolved. If the handler fails, it is tried again in this process after
 * `backoffMs`, and the event becomes a dead letter after `maxAttempts` attempts. An event that breaks its contract, or whose
 * handler fails with a permanent error (see `docs/failure-handling.md`), becomes a dead letter at once. After a crash or a
 * lost connection an event can be delivered twice: make the handler idempotent, or pass an `inbox` ({@link createInbox}).
 *
 * Nothing connects or starts before `start()`.
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
 * @throws {TypeError} when an option has the wrong type or form, or two events would share a durable consumer.
 * @throws {RangeError} when a numeric option is out of its range.
 */
export function createListener<
  const Contracts extends readonly AnyEventContract[],
  Deps = undefined,
  Kept extends Inbox | undefined = undefined,
>(bus: MessageBus, options: ListenerOptions<Contracts, Deps, Kept>): Listener {
  const settings = toSettings(options as never);
  const finished = Promise.withResolvers<void>();
  finished.promise.catch(() => {}); // a rejection that nobody awaits is no unhandled rejection
  let engine: Engine | undefined;
  let isPaused = false;
  let starting: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;

  async function open(): Promise<void> {
    // Loaded here, because a program that only publishes does not need it.
    const { Engine } = await outsideContext(() => import("./_engine.ts"));
    if (stopping !== undefined) return;
    engine = new Engine(bus, settings, finished.reject);
    if (isPaused) await engine.pause();
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
    async pause() {
      isPaused = true;
      await engine?.pause();
    },
    resume() {
      isPaused = false;
      engine?.resume();
    },
    stats: () => ({ paused: isPaused, consumers: engine?.stats() ?? [] }),
    health() {
      if (engine !== undefined) return engine.health();
      const reasons = [stopping === undefined ? "The listener was not started" : "The listener was stopped"];
      return Promise.resolve({ status: "unhealthy", reasons, in_flight: 0, consumers: [] });
    },
    [Symbol.asyncDispose]: () => stopping ??= close(),
  };
}
