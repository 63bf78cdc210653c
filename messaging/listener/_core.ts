import type { LoggerLike } from "../../logging/logger.ts";
import type { Timer } from "../bus/clock.ts";
import type { ConsumerInfo } from "../bus/consumer.ts";
import type { MessageBus } from "../bus/message_bus.ts";
import type { NotTried } from "./_handle_once.ts";
import type { HeldMessage, HeldSource, ObservedConsumer, RunningCall } from "./_held_message.ts";
import type { Outcome } from "./_source_counters.ts";
import type { Recorder } from "./_recorder.ts";
import type { Settings } from "./_settings.ts";

/** What the parts of a running listener need of it and of each other. */
export interface ListenerCore {
  readonly bus: MessageBus;
  readonly settings: Settings;
  readonly logger: LoggerLike;
  readonly sources: readonly SourcePort[];
  readonly recorder: Recorder;
  readonly dispatcher: DispatcherPort;
  readonly runner: HandlerRunnerPort;
  readonly redeliveryPolicy: RedeliveryPolicyPort;
  readonly deadLetterWriter: DeadLetterWriterPort;
  readonly poisonPolicy: PoisonPolicyPort;
  /** Time of the last sweep, in milliseconds since 1970: exact enough for the times that are kept of each message. */
  readonly ackExtender: {
    readonly ranAt: number;
    /** Time of the sweep before: what is delivered now was not delivered by then, however long this process was suspended. */
    readonly ranBefore: number;
  };
  readonly answers: AnswersPort;
  readonly holds: HoldsPort;
  readonly monitor: MonitorPort;
  readonly inboxCleanup: { stop(): Promise<void> } | undefined;
  isStopping: boolean;
  /** Whether `graceMs` is over: a handler that fails now fails because its signal was aborted. */
  isAborting: boolean;
  readonly isOver: boolean;
  /** Whether no handler may begin. */
  readonly isPaused: boolean;
  now(): number;
  /** Calls `fn` once after `ms` milliseconds, unless the listener is over. */
  after(ms: number, fn: () => void): Timer;
  /** Resolves after `ms` milliseconds; at once when the listener is over. */
  pauseFor(ms: number): Promise<void>;
  /** Takes a delivered message. Returns whether the message is a suspect: one that may kill its process. */
  receive(held: HeldMessage, deliveryCount: number, alone: boolean): boolean;
  /** Acknowledges a message and counts its outcome; without one it is counted already. */
  settle(held: HeldMessage, outcome: Outcome | undefined): void;
  /** Returns a message to the server (nak), which delivers it again after `delayMs` milliseconds. */
  giveBack(held: HeldMessage, delayMs: number): void;
  /** Resolves when no handler runs and no dead letter is being written, or after `ms` milliseconds. */
  whenIdle(ms: number): Promise<boolean>;
  /** Checks again whether `whenIdle` can resolve: a handler or the writing of a dead letter has ended. */
  notifyIdle(): void;
}

/** The durable consumer of one event, and the messages of it that this process holds. */
export interface SourcePort extends HeldSource {
  readonly held: ReadonlyMap<number, HeldMessage>;
  readonly consumer: ObservedConsumer | undefined;
  /** The stream that has its subject; empty before it is bound. */
  readonly stream: string;
  /** Greatest ack floor seen so far. */
  floor: number;
  /** Greatest sequence that the consumer has delivered to any process, as last seen. */
  delivered: number;
  /** Ack wait of the consumer, as last seen: another version may have changed it. */
  ackWaitMs: number;
  /** Since when it receives no messages although it should, in milliseconds since 1970. */
  readonly brokenSince: number | undefined;
  /** Why it receives no messages. */
  readonly trouble: string | undefined;
  /** Number of messages that wait for an operator's decision about their dead letter. */
  readonly onHold: number;
  /**
   * Reads the state of its consumer: `"gone"` where that is gone, `undefined` where it is too early to read it again, because
   * it costs a request for each partition. With `isBrief` one request is enough, which shows that the broker answers.
   */
  read(isBrief: boolean): Promise<ConsumerInfo | "gone" | undefined>;
  /** Stops asking for messages, and resolves when those on their way have arrived. */
  pause(): Promise<void>;
  /** Asks for messages again. */
  resume(): void;
  /** Subscribes again, and retries until that succeeds. */
  recover(trouble: string): void;
}

/** A {@link SourcePort} as its engine starts and stops it. */
export interface RunningSource extends SourcePort {
  start(): Promise<void>;
  /** Closes its subscription for good. */
  close(): void;
}

/** Keeps messages whose dead letter is written until an operator has decided about it. */
export interface HoldsPort {
  /** Whether a dead letter holds up the partition of its message. */
  applyTo(source: HeldSource): boolean;
  /** Number of messages of a source that wait. */
  count(source: HeldSource): number;
  /** Lets a message wait whose dead letter is stored under `letter`. */
  begin(held: HeldMessage, letter: number): void;
  /** Looks for the dead letter of a message that is delivered again: resolves with whether it waits, or is over. */
  resumes(held: HeldMessage): Promise<boolean>;
}

/** Decides which message seems to kill each process that handles it. */
export interface PoisonPolicyPort {
  /** Whether a message that came `alone` or with others was delivered so often that it is to be buried. */
  isDue(deliveryCount: number, alone: boolean): boolean;
  /** Buries a message, or lets it run alone once where its deliveries are explained by another one. */
  judge(held: HeldMessage): void;
}

/** Decides which message is handled next. */
export interface DispatcherPort {
  /** Takes a delivered message. */
  take(held: HeldMessage): void;
  /** The key of a message; `undefined` where it has none, or became a dead letter because its key cannot be known. */
  keyOf(held: HeldMessage): unknown;
  /** Messages that wait for another attempt, or for another try to write their dead letter. */
  readonly waiting: number;
  /** The outage of the inbox, where it cannot be used; `limit` is how many handlers may run meanwhile. */
  readonly inboxOutage: { readonly reason: string | undefined; readonly limit: number; end(): void };
  /** Puts a message in line for a free slot. */
  enqueue(held: HeldMessage): void;
  /** Lets a message wait `delayMs` milliseconds for another attempt. */
  wait(held: HeldMessage, delayMs: number): void;
  /** Puts a message back whose handler could not be called. */
  postpone(held: HeldMessage, notTried: NotTried): void;
  /** Starts handlers while fewer than `concurrency` run and messages are ready. */
  pump(): void;
}

/** Calls the handler. */
export interface HandlerRunnerPort {
  /** Number of running handlers. */
  readonly running: number;
  /** Decodes the event. Returns `false` where that fails; the message then becomes a dead letter. */
  decode(held: HeldMessage): boolean;
  run(held: HeldMessage): void;
  /** Frees the slot of a handler. */
  releaseSlot(held: HeldMessage): void;
  /** Gives up a handler that takes longer than `maxHandlerMs`. */
  giveUp(held: HeldMessage): void;
  /** Tells a handler that its message may be handled by another process by now. */
  lose(held: HeldMessage): void;
}

/** Decides what happens to a message whose handler failed, or that must not reach a handler. */
export interface RedeliveryPolicyPort {
  failed(held: HeldMessage, call: RunningCall, error: unknown): void;
  deadLetter(held: HeldMessage, error: unknown, outcome: "dlq" | "invalid"): void;
}

/** Answers deliveries. */
export interface AnswersPort {
  /** Whether the server may have delivered a message again, so that it is not to be answered. */
  isLost(held: HeldMessage): boolean;
}

/** Watches what a listener cannot see from its messages. */
export interface MonitorPort {
  stop(): void;
  /** Reports losses to retention that are not reported yet. */
  flush(): void;
  /** What watches the retention of the messages of a source. */
  watchOf(source: SourcePort): RetentionPort;
}

/** Watches what the retention of the stream drops before it is handled. */
export interface RetentionPort {
  /** Counts a dropped message that is returned to the server. */
  returned(sequence: number): void;
  /** Looks before the first request for messages, at what was dropped after the last sequence that was `delivered`. */
  begin(delivered: number | undefined): Promise<void>;
  /** Forgets the last look: the stream is another one. */
  reset(): void;
}

/** Writes dead letters. */
export interface DeadLetterWriterPort {
  /** Number of dead letters being written. */
  readonly running: number;
  /** Message of the last failure to write one; `undefined` after a success. */
  readonly trouble: string | undefined;
  write(held: HeldMessage): void;
}
