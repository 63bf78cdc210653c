import assert from "node:assert/strict";
import * as z from "zod";
import { createListener } from "../messaging/listener/create_listener.ts";
import {
  type AnyEventContract,
  defineEvent,
  type EventContract,
} from "../messaging/contract/define_event.ts";
import { ensureStreams } from "../messaging/bus/ensure_streams.ts";
import type { ConsumerInfo } from "../messaging/bus/consumer.ts";
import type { LoggerLike } from "../logging/logger.ts";
import type { Listener } from "../messaging/listener/listener.ts";
import type { ListenerOptions } from "../messaging/listener/options.ts";
import type { MessageBus, PublishAck } from "../messaging/bus/message_bus.ts";
import { layoutConfigs, layoutStreamsOf } from "../messaging/bus/stream_layout.ts";
import type { StoredMessage, StreamConfig } from "../messaging/bus/stream.ts";
import { Streams } from "../messaging/bus/streams.ts";

/** A bus for one test, on a broker or an account without streams. */
export interface BusUnderTest extends AsyncDisposable {
  /** The connected bus. */
  readonly bus: MessageBus;
  /** Advances the clock by `ms` milliseconds, for a bus with a manual clock. */
  readonly advance?: ((ms: number) => Promise<void>) | undefined;
}

/** The event that most tests use. */
export const Numbered: EventContract<{ n: number; key?: string | undefined }> = defineEvent(
  "evt.conformance.numbered.v1",
  z.object({ n: z.int(), key: z.string().optional() }),
);

/** A second event. */
export const Named: EventContract<{ name: string }> = defineEvent(
  "evt.conformance.named.v1",
  z.object({ name: z.string() }),
);

/** How long a test waits for a condition, in milliseconds; long, because a busy machine is slow. */
export const PATIENCE_MS = 120_000;

/** The default ack wait of the tests, in milliseconds: longer than a process is ever suspended on a busy machine. */
export const ACK_WAIT_MS = 30_000;

const silent: LoggerLike = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };

/** The environment of one listener test. */
export class Listening implements AsyncDisposable {
  readonly bus: MessageBus;
  /** The stream of the events, by the layout of the bus. */
  readonly events: StreamConfig;
  readonly #under: BusUnderTest;
  readonly #listeners: Listener[] = [];

  constructor(under: BusUnderTest) {
    this.#under = under;
    this.bus = under.bus;
    const [name] = layoutStreamsOf(under.bus.streams, [Numbered.subject]);
    this.events = layoutConfigs(under.bus.streams).find((config) => config.name === name)!;
  }

  /** Starts a listener, which is stopped with the test. */
  async listen<const Contracts extends readonly AnyEventContract[], Deps = undefined>(
    options:
      & Partial<ListenerOptions<Contracts, Deps>>
      & Pick<ListenerOptions<Contracts, Deps>, "events" | "handle">,
    bus: MessageBus = this.bus,
  ): Promise<Listener> {
    const listener = createListener<Contracts, Deps>(bus, {
      service: "conformance",
      queueGroup: "suite",
      ackWaitMs: ACK_WAIT_MS,
      backoffMs: [20],
      logger: silent,
      ...options,
    });
    this.#listeners.push(listener);
    await this.pass(listener.start());
    return listener;
  }

  /** Publishes an event without a publisher, as any client of the broker can. */
  publish(
    contract: AnyEventContract,
    data: unknown,
    headers: [string, string][] = [],
    more: Record<string, unknown> = {},
  ): Promise<PublishAck> {
    const event = {
      event_id: crypto.randomUUID(),
      event_type: contract.subject,
      timestamp: new Date().toISOString(),
      data,
      ...more,
    };
    return this.pass(this.bus.publish({ subject: contract.subject, data: JSON.stringify(event), headers }));
  }

  /** Publishes `Numbered` from `first` to `last`. */
  async publishNumbers(first: number, last: number, key?: (n: number) => string): Promise<void> {
    for (let n = first; n <= last; n++) {
      await this.publish(Numbered, { n, ...(key !== undefined && { key: key(n) }) });
    }
  }

  /** Waits until `condition` holds. */
  async until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!await condition()) {
      if (performance.now() > deadline) assert.fail(`Waited ${PATIENCE_MS / 1000} s in vain until ${what}`);
      await this.wait(10);
    }
  }

  /**
   * For behaviour within a time limit of the broker: tries `scene` with each of the times, until one is long enough for this
   * machine, and fails where none is. Each try starts without messages.
   */
  async inTime(
    times: readonly number[],
    scene: (ms: number) => Promise<boolean>,
    what: string,
  ): Promise<void> {
    for (const ms of times) {
      if (await scene(ms)) return;
      for (const listener of this.#listeners) await this.pass(listener.stop());
      await this.bus.deleteStream(this.events.name);
      await this.pass(ensureStreams(this.bus, { again: true }));
    }
    assert.fail(`Not even within ${times.at(-1)} ms: ${what}`);
  }

  /** Lets `ms` milliseconds pass. */
  async wait(ms: number): Promise<void> {
    if (this.#under.advance === undefined) await new Promise((resolve) => setTimeout(resolve, ms));
    else await this.#under.advance(ms);
  }

  /** Awaits work that may need the clock to advance. */
  async pass<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const settled = work.finally(() => isDone = true);
    settled.catch(() => {});
    if (this.#under.advance !== undefined) {
      for (let turn = 0; turn < 5 && !isDone; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
      while (!isDone) await this.#under.advance(10);
    }
    return await settled;
  }

  /** State of the durable consumer of a listener. */
  async info(
    listener: Listener,
    contract: AnyEventContract,
    ackWaitMs: number = ACK_WAIT_MS,
  ): Promise<ConsumerInfo> {
    const consumer = await this.bus.consumer({
      stream: this.events.name,
      name: listener.durables.get(contract.subject)!,
      filterSubject: contract.subject,
      ackWaitMs,
      maxAckPending: 20_000,
    });
    return (await consumer.info())!;
  }

  /** The dead letters, oldest first. */
  async deadLetters(): Promise<StoredMessage[]> {
    const found: StoredMessage[] = [];
    for (let from = 1;;) {
      const message = await this.bus.readMessage(Streams.DLQ, { from });
      if (message === undefined) return found;
      found.push(message);
      from = message.sequence + 1;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const listener of this.#listeners) await this.pass(listener.stop());
    await this.#under[Symbol.asyncDispose]();
  }
}
