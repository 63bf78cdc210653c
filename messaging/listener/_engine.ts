import { MessageBusError } from "../../errors/infrastructure.ts";
import { createLogger } from "../../logging/create_logger.ts";
import type { LoggerLike } from "../../logging/logger.ts";
import type { Timer } from "../bus/clock.ts";
import { ensureStreams } from "../bus/ensure_streams.ts";
import type { ConsumerStats, ListenerHealth } from "./listener.ts";
import type { BusState, MessageBus } from "../bus/message_bus.ts";
import { DeadLetterWriter } from "./_dead_letter_writer.ts";
import type { ListenerCore, RunningSource } from "./_core.ts";
import { Dispatcher } from "./_dispatcher.ts";
import type { HeldMessage } from "./_held_message.ts";
import { InboxCleanup } from "./_inbox_cleanup.ts";
import { PoisonPolicy } from "./_poison_policy.ts";
import { RedeliveryPolicy } from "./_redelivery_policy.ts";
import { FailureHistory } from "./_failure_history.ts";
import { Monitor } from "./_monitor.ts";
import type { Outcome } from "./_source_counters.ts";
import { Recorder } from "./_recorder.ts";
import { exposeListenerMetrics } from "./_listener_metrics.ts";
import { HandlerRunner } from "./_handler_runner.ts";
import type { Settings } from "./_settings.ts";
import { Source } from "./_source.ts";
import { Holds } from "./partitions/_holds.ts";
import { PartitionedSource } from "./partitions/_partitioned_source.ts";
import { stopEngine } from "./_stop.ts";
import { AckExtender } from "./_ack_extender.ts";
import { Answers } from "./_answers.ts";

/**
 * A running listener: connects its parts, from the delivery of a message ({@link Engine.receive}) until it is settled or
 * returned to the server.
 */
export class Engine implements ListenerCore {
  readonly bus: MessageBus;
  readonly settings: Settings;
  readonly sources: readonly RunningSource[];
  readonly recorder: Recorder;
  readonly monitor: Monitor;
  readonly inboxCleanup: InboxCleanup | undefined;
  readonly dispatcher: Dispatcher = new Dispatcher(this);
  readonly runner: HandlerRunner = new HandlerRunner(this);
  readonly redeliveryPolicy: RedeliveryPolicy = new RedeliveryPolicy(this);
  readonly deadLetterWriter: DeadLetterWriter = new DeadLetterWriter(this);
  readonly ackExtender: AckExtender;
  readonly poisonPolicy: PoisonPolicy = new PoisonPolicy(this);
  readonly answers: Answers = new Answers(this);
  readonly holds: Holds = new Holds(this);
  isStopping = false;
  /** Whether `graceMs` is over: a handler that fails now fails because its signal was aborted. */
  isAborting = false;
  isOver = false;
  isPaused = false;
  readonly #fail: (error: Error) => void;
  readonly #failureHistory = new FailureHistory();
  readonly #timers = new Set<Timer>();
  #hideMetrics: () => void = () => {};
  #unwatch: (() => void) | undefined;
  #idle: (() => void) | undefined;
  #logger: LoggerLike | undefined;

  constructor(bus: MessageBus, settings: Settings, fail: (error: Error) => void) {
    this.bus = bus;
    this.settings = settings;
    this.#fail = fail;
    this.#logger = settings.logger;
    this.sources = settings.sources.map((each) =>
      each.partitions === undefined ? new Source(this, bus, each) : new PartitionedSource(this, bus, each)
    );
    this.recorder = new Recorder(this.sources.map(({ counters }) => counters), () => this.isPaused);
    this.monitor = new Monitor(this);
    this.ackExtender = new AckExtender(this);
    if (settings.inbox !== undefined) this.inboxCleanup = new InboxCleanup(this, settings.inbox);
  }

  get logger(): LoggerLike {
    return this.#logger ??= createLogger(this.settings.service);
  }

  now(): number {
    return this.bus.clock.now();
  }

  /** Calls `fn` once after `ms` milliseconds, unless the listener is over by then. */
  after(ms: number, fn: () => void): Timer {
    const timer = this.bus.clock.setTimer(() => {
      this.#timers.delete(known);
      fn();
    }, ms);
    const known: Timer = {
      cancel: () => {
        this.#timers.delete(known);
        timer.cancel();
      },
    };
    this.#timers.add(known);
    return known;
  }

  /** Resolves after `ms` milliseconds; at once when the listener is over. */
  pauseFor(ms: number): Promise<void> {
    return ms === 0 || this.isOver ? Promise.resolve() : new Promise((resolve) => this.after(ms, resolve));
  }

  async start(): Promise<void> {
    await this.settings.inbox?.ping();
    await ensureStreams(this.bus);
    const { metrics } = this.settings;
    if (metrics !== undefined) this.#hideMetrics = await exposeListenerMetrics(metrics, this.recorder);
    this.#unwatch = this.bus.onStateChange((state) => this.#stateChanged(state));
    try {
      this.ackExtender.start();
      for (const source of this.sources) await source.start();
    } catch (error) {
      this.end();
      throw error;
    }
    this.monitor.start();
    this.inboxCleanup?.start();
  }

  /** Begins no more handlers; resolves when no delivery is on its way. */
  async pause(): Promise<void> {
    this.isPaused = true;
    await Promise.all(this.sources.map((source) => source.pause()));
  }

  resume(): void {
    if (!this.isPaused || this.isStopping) return;
    this.isPaused = false;
    this.dispatcher.resume();
  }

  stats(): readonly ConsumerStats[] {
    return this.sources.map(({ counters }) => counters.stats());
  }

  /** Stops it; never rejects. */
  async stop(): Promise<void> {
    if (!this.isOver) await stopEngine(this);
    this.end();
  }

  health(): Promise<ListenerHealth> {
    return this.monitor.health();
  }

  /** Cancels every timer and closes every subscription. */
  end(): void {
    this.isOver = this.isStopping = true;
    this.answers.close();
    this.#unwatch?.();
    void this.inboxCleanup?.stop();
    this.ackExtender.stop();
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    for (const source of this.sources) source.close();
    this.#hideMetrics();
  }

  #stateChanged(state: BusState): void {
    if (this.isOver) return;
    if (state.type === "connected") {
      this.answers.resend();
      for (const source of this.sources) source.recover("The connection was lost");
    } else if (state.type === "closed" && !this.isStopping) {
      this.logger.critical("Listener ended: the connection is closed", { error: state.error });
      this.end();
      this.#fail(
        new MessageBusError("Listener ended: the connection to the message bus is closed", {
          kind: "unavailable",
          operation: "consume",
          cause: state.error,
        }),
      );
    }
  }

  /**
   * Takes a delivered message, which came `alone` or with others. Returns whether it is a suspect: one that may kill its
   * process.
   */
  receive(held: HeldMessage, deliveryCount: number, alone: boolean): boolean {
    if (deliveryCount > 1) held.source.counters.redeliveries++;
    const isKnown = this.#failureHistory.recall(held);
    if (deliveryCount > 1 && !isKnown && !this.isStopping && this.holds.applyTo(held.source)) {
      this.#resume(held, alone);
      return false;
    }
    return this.#admit(held, isKnown, alone);
  }

  /** Goes on with a message that is delivered again, unless its dead letter is written and holds it up. */
  #resume(held: HeldMessage, alone: boolean): void {
    this.holds.resumes(held).then((isOnHold) => {
      if (!isOnHold && held.state === "on_hold") this.#admit(held, false, alone);
    });
  }

  #admit(held: HeldMessage, isKnown: boolean, alone: boolean): boolean {
    const { maxAttempts } = this.settings;
    const { deliveryCount } = held.delivery;
    if (this.isStopping) return false; // `stop` returns it to the server, in order, after all deliveries have arrived
    if (held.deadLetterCause !== undefined) {
      this.deadLetterWriter.write(held);
      return false;
    }
    if (deliveryCount > maxAttempts && !isKnown) {
      held.suspect = true;
      // Those of partitions come together, and are judged when all are here.
      const isOfPartition = held.source.settings.partitions !== undefined;
      if (!isOfPartition && this.poisonPolicy.isDue(deliveryCount, alone)) {
        this.poisonPolicy.judge(held);
        return true;
      }
    }
    this.dispatcher.take(held);
    return held.suspect;
  }

  /** Acknowledges a message and counts its outcome; without one it is counted already. */
  settle(held: HeldMessage, outcome: Outcome | undefined): void {
    this.answers.ack(held);
    held.source.settled.add(held.sequence);
    this.#failureHistory.forget(held);
    if (outcome !== undefined) held.source.counters.outcomes[outcome]++;
    this.#release(held);
  }

  /** Returns a message to the server (nak), which delivers it again after `delayMs` milliseconds. */
  giveBack(held: HeldMessage, delayMs: number): void {
    this.answers.nak(held, delayMs);
    this.monitor.watchOf(held.source as RunningSource).returned(held.sequence);
    this.#failureHistory.remember(held);
    this.#release(held);
  }

  #release(held: HeldMessage): void {
    held.source.release(held);
    this.dispatcher.leave(held);
    held.source.refill();
    this.notifyIdle();
  }

  /** Resolves when no handler runs and no dead letter is being written, or after `ms` milliseconds; to whether it is idle. */
  async whenIdle(ms: number): Promise<boolean> {
    const isIdle = () => this.runner.running === 0 && this.deadLetterWriter.running === 0;
    if (isIdle()) return true;
    if (ms <= 0) return false;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.after(ms, resolve);
    this.#idle = () => isIdle() && resolve();
    await promise;
    this.#idle = undefined;
    timer.cancel();
    return isIdle();
  }

  /** Checks again whether `whenIdle` can resolve: a handler or the writing of a dead letter has ended. */
  notifyIdle(): void {
    this.#idle?.();
  }
}
