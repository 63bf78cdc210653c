import type { RequestContext } from "../../context/request_context.ts";
import { enterContext } from "../../context/storage.ts";
import { joinActiveSpan, type UnreadContext } from "../../context/trace.ts";
import { MessageBusError } from "../../errors/infrastructure.ts";
import { fullJitter } from "../../internal/backoff.ts";
import { DeadlineExceeded } from "../../internal/clock.ts";
import { createLogger } from "../../logging/create_logger.ts";
import type { LoggerLike } from "../../logging/logger.ts";
import { ensureStreams } from "../ensure_streams.ts";
import type { Timer } from "../clock.ts";
import { decodeEvent } from "../event.ts";
import type { ListenerHealth } from "../listener.ts";
import type { FailureDecision } from "../listener_options.ts";
import type { BusState, MessageBus } from "../message_bus.ts";
import { startConsumerSpan } from "./_consumer_span.ts";
import { writeDeadLetter } from "./_dead_letter.ts";
import { type Failure, isWorthRetrying, retryAfterMs, toFailure } from "./_failure.ts";
import { Fifo } from "./_fifo.ts";
import { DUPLICATE, handleOnce, NotTried } from "./_handle_once.ts";
import type { Held } from "./_held.ts";
import { InboxKeeper } from "./_inbox_keeper.ts";
import { detailsOf, Invocation } from "./_invocation.ts";
import { Lanes } from "./_lanes.ts";
import { Memory } from "./_memory.ts";
import { Monitor } from "./_monitor.ts";
import type { Outcome } from "./_numbers.ts";
import { Recorder } from "./_recorder.ts";
import { isDecision, type Settings, SPARE_DELIVERIES } from "./_settings.ts";
import { Source } from "./_source.ts";
import { stopEngine } from "./_stop.ts";

/** How long `onError` may think. */
const DECISION_MS = 10_000;

/**
 * What makes a listener work: takes messages from its sources, runs handlers, as many at a time as there are places, and
 * sees to it that each message is settled, tried again or made a dead letter.
 */
export class Engine {
  readonly settings: Settings;
  readonly sources: readonly Source[];
  readonly recorder: Recorder;
  readonly monitor: Monitor;
  readonly keeper: InboxKeeper | undefined;
  /** Handlers that run; one that was given up does not count. */
  running = 0;
  /** Messages that wait for another attempt, or for the dead letters to have room. */
  waiting = 0;
  /** Dead letters being written. */
  burying = 0;
  isStopping = false;
  /** The grace is over: a handler that fails now does so because it was told to end. */
  isAborting = false;
  isOver = false;
  /** The last failure to write a dead letter, until one is written. */
  burialTrouble: string | undefined = undefined;
  readonly bus: MessageBus;
  readonly #fail: (error: Error) => void;
  readonly #memory = new Memory();
  readonly #ready = new Fifo<Held>();
  readonly #suspects: Held[] = [];
  /** Messages whose handler could not be called, to go before all others. */
  readonly #postponed = new Fifo<Held>();
  #holdUp: HoldUp | undefined;
  readonly #lanes = new Lanes();
  readonly #timers = new Set<Timer>();
  #isPumping = false;
  /** Set while messages that may kill the process run alone. */
  #solitude: { isQuiet: boolean } | undefined;
  #sweeper: Timer | undefined;
  /** When the sweep was last made: the time as exactly as it has to be known of each message. */
  #sweptAt = 0;
  #unwatch: (() => void) | undefined;
  #idle: (() => void) | undefined;
  #logger: LoggerLike | undefined;

  constructor(bus: MessageBus, settings: Settings, fail: (error: Error) => void) {
    this.bus = bus;
    this.settings = settings;
    this.#fail = fail;
    this.#logger = settings.logger;
    this.sources = settings.sources.map((each) => new Source(this, bus, each));
    this.recorder = new Recorder(this.sources.map(({ numbers }) => numbers));
    this.monitor = new Monitor(this);
    if (settings.inbox !== undefined) this.keeper = new InboxKeeper(this, settings.inbox);
  }

  get logger(): LoggerLike {
    return this.#logger ??= createLogger(this.settings.service);
  }

  /** The time, up to a sweep ago. */
  get sweptAt(): number {
    return this.#sweptAt;
  }

  now(): number {
    return this.bus.clock.now();
  }

  /** Calls `fn` once after `ms` milliseconds, unless the engine is over. */
  after(ms: number, fn: () => void): Timer {
    const timer = this.bus.clock.setTimer(() => {
      this.#timers.delete(timer);
      fn();
    }, ms);
    this.#timers.add(timer);
    return timer;
  }

  /** Waits, or until the engine is over. */
  pauseFor(ms: number): Promise<void> {
    return ms === 0 || this.isOver ? Promise.resolve() : new Promise((resolve) => this.after(ms, resolve));
  }

  async start(): Promise<void> {
    await this.settings.inbox?.ping();
    await ensureStreams(this.bus);
    await this.recorder.show(this.settings.metrics);
    this.#unwatch = this.bus.onStateChange((state) => this.#stateChanged(state));
    try {
      this.#sweep();
      for (const source of this.sources) await source.start();
    } catch (error) {
      this.end();
      throw error;
    }
    this.monitor.start();
    this.keeper?.start();
  }

  /** Stops it; never rejects. */
  async stop(): Promise<void> {
    if (!this.isOver) await stopEngine(this);
    this.end();
  }

  health(): Promise<ListenerHealth> {
    return this.monitor.health();
  }

  /** Lets go of everything that lives on its own. */
  end(): void {
    this.isOver = this.isStopping = true;
    this.#unwatch?.();
    void this.keeper?.stop();
    this.#sweeper?.cancel();
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    for (const source of this.sources) source.close();
    this.recorder.hide();
  }

  #stateChanged(state: BusState): void {
    if (this.isOver) return;
    if (state.type === "connected") {
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

  /** Why no handler can be called, while none can. */
  get obstacle(): string | undefined {
    return this.#holdUp?.reason;
  }

  countDuplicate(source: Source): void {
    source.numbers.outcomes.duplicate++;
    source.numbers.ackFailures++;
  }

  /**
   * Takes a message that has come in; whether it is suspected to kill processes. One that came with others may have been held
   * beside the culprit each time, so it gets more chances to run alone than one that came `alone`.
   */
  receive(held: Held, deliveryCount: number, alone: boolean): boolean {
    const { maxAttempts } = this.settings;
    if (deliveryCount > 1) held.source.numbers.redeliveries++;
    const isKnown = this.#memory.recall(held);
    if (this.isStopping) return false; // given back in order, when everything that was on its way is here
    if (held.fate !== undefined) {
      this.#bury(held);
      return false;
    }
    if (deliveryCount > maxAttempts && !isKnown) {
      if (deliveryCount >= maxAttempts + (alone ? 1 : 2) * SPARE_DELIVERIES) {
        this.#condemn(held, poison(deliveryCount), "dlq");
        return true;
      }
      held.suspect = true;
    }
    if (this.settings.keyOf === undefined) this.#enqueue(held);
    else this.#enterLane(held, this.settings.keyOf);
    return held.suspect;
  }

  #enterLane(held: Held, keyOf: NonNullable<Settings["keyOf"]>): void {
    if (!this.#decode(held)) return;
    let key: unknown;
    try {
      key = keyOf(held.event!);
    } catch (error) {
      // Its place in the order is not known, so nothing may be done with it.
      return this.#condemn(held, error, "dlq");
    }
    if (key === undefined || key === null || this.#lanes.enter(key, held)) this.#enqueue(held);
    else held.state = "queued";
  }

  #enqueue(held: Held): void {
    if (held.suspect) {
      held.state = "ready";
      this.#suspects.push(held);
      this.#seekSolitude();
    } else {
      held.state = "ready";
      held.source.ready++;
      this.#ready.push(held);
    }
    this.pump();
  }

  /** Starts handlers while there are places and messages. */
  pump(): void {
    if (this.#isPumping || this.isStopping || this.#holdUp?.timer !== undefined) return;
    this.#isPumping = true;
    while (this.running < (this.#holdUp === undefined ? this.settings.concurrency : 1)) {
      const held = this.#postponed.shift() ?? this.#ready.shift();
      if (held === undefined) break;
      if (held.state !== "ready") continue;
      held.source.ready--;
      this.#run(held);
      held.source.refill();
    }
    this.#isPumping = false;
    if (this.#solitude !== undefined) this.#runAlone();
  }

  /**
   * Gives suspects what they need to hurt nobody: no other message is asked for, what is here is worked off, and then they run
   * one by one.
   */
  #seekSolitude(): void {
    if (this.#solitude !== undefined) return;
    const solitude = { isQuiet: false };
    this.#solitude = solitude;
    Promise.all(this.sources.map((source) => source.pause())).catch(() => {}).then(() => {
      solitude.isQuiet = true;
      this.pump();
    });
  }

  #runAlone(): void {
    if (!this.#solitude!.isQuiet || this.running + this.#postponed.size + this.#ready.size > 0) return;
    const suspect = this.#suspects.shift();
    if (suspect !== undefined) return this.#run(suspect);
    this.#solitude = undefined;
    for (const source of this.sources) source.resume();
  }

  /** Whether the message could be read; else it is condemned. */
  #decode(held: Held): boolean {
    if (held.event !== undefined) return true;
    const { event, error } = decodeEvent(held.source.settings.contract, held.delivery.data);
    if (error !== undefined) {
      this.#condemn(held, error, "invalid");
      return false;
    }
    held.event = event;
    return true;
  }

  #run(held: Held): void {
    if (!this.#decode(held)) return;
    const { settings } = this;
    const event = held.event!;
    const invocation = new Invocation(held, event, settings.service, settings.deps, this.logger);
    held.state = "running";
    held.invocation = invocation;
    held.startedAt = this.#sweptAt;
    held.source.running++;
    this.running++;
    const startedAt = performance.now();
    const span = held.span = startConsumerSpan(held, event);
    const call = () => {
      const { handle, inbox } = settings;
      return inbox === undefined ? handle(invocation) : handleOnce(inbox, held, invocation, handle);
    };
    let result: unknown;
    try {
      result = span === undefined ? enterContext(invocation.context, call) : span.run(() => {
        joinActiveSpan(invocation.context as RequestContext as UnreadContext);
        return enterContext(invocation.context, call);
      });
    } catch (error) {
      result = Promise.reject(error);
    }
    if (isThenable(result)) {
      result.then(
        (value) => this.#finished(held, invocation, startedAt, undefined, value === DUPLICATE),
        (error) => this.#finished(held, invocation, startedAt, { error }),
      );
    } else {
      this.#finished(held, invocation, startedAt, undefined);
    }
  }

  #finished(
    held: Held,
    invocation: Invocation,
    startedAt: number,
    failed: { error: unknown } | undefined,
    isDuplicate = false,
  ): void {
    if (held.invocation !== invocation) return; // given up before
    held.span?.end(failed);
    if (failed?.error instanceof NotTried && !this.isAborting) return this.#postpone(held, failed.error);
    this.#holdUp = undefined;
    if (!isDuplicate) held.source.numbers.observe((performance.now() - startedAt) / 1000);
    held.suspect = false; // whatever it is, it does not kill
    if (failed !== undefined && !this.isAborting) return this.#judge(held, invocation, failed.error);
    this.#vacate(held);
    if (failed === undefined) this.settle(held, isDuplicate ? "duplicate" : "ok");
    else this.giveBack(held, 0);
    this.pump();
  }

  /**
   * Puts a message back whose handler could not be called, and calls none for a while; then one at a time, until it can be
   * called again. It stays in this process: given back, it would look like one that nobody survives.
   */
  #postpone(held: Held, notTried: NotTried): void {
    this.#vacate(held);
    if (notTried.isOutcomeUnknown && ++held.unsure > this.settings.maxAttempts) {
      // It may be what the database does not survive.
      this.#condemn(held, notTried.cause, "dlq");
      return this.pump();
    }
    held.state = "ready";
    if (held.suspect) this.#suspects.unshift(held);
    else {
      held.source.ready++;
      this.#postponed.push(held);
    }
    const before = this.#holdUp;
    if (before?.timer !== undefined) return this.quiet();
    const count = (before?.count ?? 0) + 1;
    const delayMs = fullJitter(count, HOLD_UP);
    const holdUp: HoldUp = { count, reason: notTried.message, timer: undefined };
    holdUp.timer = this.after(delayMs, () => {
      holdUp.timer = undefined;
      this.pump();
    });
    this.#holdUp = holdUp;
    this.logger.error("Inbox could not be used; events wait for it", {
      error: notTried.cause,
      delay_ms: delayMs,
    });
    this.quiet();
  }

  /** Frees the place of a handler. */
  #vacate(held: Held): void {
    held.invocation = undefined;
    held.source.running--;
    this.running--;
  }

  /** Decides about a failed attempt; while `onError` thinks, the attempt keeps its place. */
  #judge(held: Held, invocation: Invocation, error: unknown): void {
    const { maxAttempts, onError } = this.settings;
    const failure = toFailure(error, ++held.failures, this.now());
    held.firstFailedAt ??= failure.failedAt;
    const isLast = held.failures >= maxAttempts;
    const decision = isLast || !isWorthRetrying(error) ? "dlq" : "retry";
    if (onError === undefined) return this.#decided(held, invocation, failure, decision);
    const failed = {
      event: held.event!,
      attempt: held.failures,
      decision,
      message: detailsOf(held.delivery),
    } as const;
    const ask = async () => await enterContext(invocation.context, () => onError(error, failed));
    let timer: Timer | undefined;
    const late = new Promise<undefined>((resolve) =>
      timer = this.after(DECISION_MS, () => resolve(undefined))
    );
    Promise.race([ask(), late]).catch((cause: unknown) => {
      this.logger.error("onError failed; the default decision holds", { error: cause, decision });
    }).then((answer) => {
      timer?.cancel();
      if (held.invocation !== invocation) return;
      const wanted = isDecision(answer) ? answer : decision;
      this.#decided(held, invocation, failure, wanted === "retry" && isLast ? "dlq" : wanted);
    });
  }

  #decided(held: Held, invocation: Invocation, failure: Failure, decision: FailureDecision): void {
    const delay = decision === "retry" ? this.#delayAfter(failure) : undefined;
    enterContext(invocation.context, () => this.#report(held, failure, decision, delay));
    this.#vacate(held);
    if (decision === "ack") {
      this.settle(held, "ignored");
    } else if (decision === "dlq") {
      held.fate = failure;
      this.#bury(held);
    } else {
      held.source.numbers.outcomes.retry++;
      this.#wait(held, delay!);
    }
    this.pump();
  }

  #delayAfter({ attempts, error }: Failure): number {
    const { backoffMs } = this.settings;
    const delay = backoffMs[Math.min(attempts, backoffMs.length) - 1]!;
    return Math.ceil(Math.max(delay * (1 + Math.random() / 5), retryAfterMs(error)));
  }

  #report(
    held: Held,
    { error, attempts }: Failure,
    decision: FailureDecision,
    delayMs: number | undefined,
  ): void {
    const fields = {
      event_type: held.event?.event_type ?? held.delivery.subject,
      event_id: held.event?.event_id,
      durable: held.source.settings.durable,
      sequence: held.sequence,
      attempt: attempts,
      error,
    };
    if (decision === "dlq") this.logger.error("Event became a dead letter", fields);
    else if (decision === "ack") this.logger.warn("Event failed and is dropped, as onError decided", fields);
    else this.logger.warn("Event failed and will be tried again", { ...fields, delay_ms: delayMs });
  }

  /** Keeps a message, alive, until its next attempt; where too many wait already it is given back for as long. */
  #wait(held: Held, delayMs: number): void {
    if (this.isStopping || held.lane === undefined && !held.source.hasRoomToWait) {
      return this.giveBack(held, delayMs);
    }
    held.state = "waiting";
    held.dueAt = this.now() + delayMs;
    this.waiting++;
    held.timer = this.after(delayMs, () => {
      held.timer = undefined;
      this.waiting--;
      if (held.fate === undefined) this.#enqueue(held);
      else this.#bury(held);
    });
  }

  /** Makes a dead letter of a message that no handler sees. */
  #condemn(held: Held, error: unknown, outcome: "dlq" | "invalid"): void {
    const failure = toFailure(error, held.delivery.deliveryCount, this.now());
    held.outcome = outcome;
    held.fate = failure;
    this.#report(held, failure, "dlq", undefined);
    this.#bury(held);
  }

  /** Writes the dead letter of a message, and settles it then and not before. */
  #bury(held: Held): void {
    held.state = "burying";
    this.burying++;
    writeDeadLetter(this.bus, held).then(() => {
      this.burying--;
      this.burialTrouble = undefined;
      if (held.state === "burying") this.settle(held, held.outcome);
      this.pump();
    }, (error: unknown) => {
      this.burying--;
      held.burials++;
      this.burialTrouble = toFailure(error, 0, 0).message;
      this.logger.error(
        "Dead letter could not be written; the event is kept and the dead letter tried again",
        {
          durable: held.source.settings.durable,
          sequence: held.sequence,
          error,
        },
      );
      if (held.state === "burying") {
        this.#wait(held, Math.min(BURIAL_RETRY_MS * 2 ** (held.burials - 1), 5000));
      }
      this.quiet();
    });
  }

  /** Says that a message is done, and lets the next one of its lane go on. */
  settle(held: Held, outcome: Outcome): void {
    held.delivery.ack();
    held.source.settled.add(held.sequence);
    this.#memory.forget(held);
    held.source.numbers.outcomes[outcome]++;
    this.#release(held);
  }

  /** Gives a message back to the server, to be delivered again after `delayMs`. */
  giveBack(held: Held, delayMs: number): void {
    held.delivery.nak(delayMs);
    this.#memory.remember(held);
    this.#release(held);
  }

  #release(held: Held): void {
    if (held.state === "ready" && !held.suspect) held.source.ready--;
    held.state = "gone";
    held.source.release(held);
    const next = this.#lanes.leave(held);
    if (next !== undefined && !this.isStopping) this.#enqueue(next);
    held.source.refill();
    this.quiet();
  }

  /**
   * Extends what is held, and gives handlers up that took too long. What came since the last sweep counts as having come then:
   * extended a little early, given up a little late.
   */
  #sweep(): void {
    const { ackWaitMs, maxHandlerMs } = this.settings;
    const every = Math.round(Math.max(10, Math.min(1000, ackWaitMs / 9, maxHandlerMs / 10)));
    const sweep = () => {
      const now = this.#sweptAt = this.now();
      const isConnected = this.bus.connected;
      for (const source of this.sources) {
        for (const held of source.held.values()) {
          if (held.state === "running" && now - held.startedAt >= maxHandlerMs + every) this.#giveUp(held);
          else if (isConnected && now - held.touchedAt >= ackWaitMs / 3 - every) {
            held.touchedAt = now;
            held.delivery.inProgress();
          }
        }
      }
      this.#sweeper = this.bus.clock.setTimer(sweep, every);
    };
    this.#sweptAt = this.now();
    this.#sweeper = this.bus.clock.setTimer(sweep, every);
  }

  #giveUp(held: Held): void {
    const { invocation } = held;
    if (invocation === undefined) return;
    const { maxHandlerMs } = this.settings;
    const error = new DeadlineExceeded(
      `The handler of "${held.delivery.subject}" took longer than ${maxHandlerMs} ms`,
    );
    invocation.abort(error);
    if (held.invocation !== invocation) return; // it gave up by itself, in a listener of its signal
    held.span?.end({ error });
    if (this.settings.inbox !== undefined && !invocation.hasBegun) {
      return this.#postpone(held, new NotTried(error, false));
    }
    held.source.numbers.observe(maxHandlerMs / 1000);
    held.suspect = false;
    this.#judge(held, invocation, error);
  }

  /** Resolves when no handler runs and no dead letter is being written, or after `ms` milliseconds. */
  async whenIdle(ms: number): Promise<boolean> {
    const isIdle = () => this.running === 0 && this.burying === 0;
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

  /** Tells who waits for it that a handler or a dead letter is done. */
  quiet(): void {
    this.#idle?.();
  }
}

const BURIAL_RETRY_MS = 250;
const HOLD_UP = { minDelayMs: 100, maxDelayMs: 5000, factor: 2 };

/** The time in which no handler can be called. */
interface HoldUp {
  /** How often in succession. */
  readonly count: number;
  readonly reason: string;
  /** Until it has fired no handler is called, then one at a time. */
  timer: Timer | undefined;
}

function poison(deliveryCount: number): Error {
  return new MessageBusError(
    `Delivered ${deliveryCount} times, and neither settled nor given back: it seems to end the process that handles it`,
    { code: "POISON_MESSAGE", kind: "poison", retryable: false },
  );
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}
