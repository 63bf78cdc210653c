import type { LoggerLike } from "../../logging/logger.ts";
import type { Timer } from "../bus/clock.ts";
import type { BusConsumer } from "../bus/consumer.ts";
import type { MessageBus } from "../bus/message_bus.ts";
import type { NotTried } from "./_handle_once.ts";
import type { HeldMessage, HeldSource, RunningCall } from "./_held_message.ts";
import type { Outcome } from "./_source_counters.ts";
import type { Recorder } from "./_recorder.ts";
import type { Settings } from "./_settings.ts";

/** A listener at work, as its parts know it and each other. */
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
  /** When the last sweep was made: the time as exactly as it has to be known of each message. */
  readonly ackExtender: { readonly ranAt: number };
  readonly monitor: { stop(): void };
  readonly inboxCleanup: { stop(): Promise<void> } | undefined;
  isStopping: boolean;
  /** The grace is over: a handler that fails now does so because it was told to end. */
  isAborting: boolean;
  readonly isOver: boolean;
  now(): number;
  /** Calls `fn` once after `ms` milliseconds, unless the listener is over. */
  after(ms: number, fn: () => void): Timer;
  /** Waits, or until the listener is over. */
  pauseFor(ms: number): Promise<void>;
  /** Takes a message that has come in; whether it is suspected to kill processes. */
  receive(held: HeldMessage, deliveryCount: number, alone: boolean): boolean;
  /** Says that a message is done. */
  settle(held: HeldMessage, outcome: Outcome): void;
  /** Gives a message back to the server, to be delivered again after `delayMs`. */
  giveBack(held: HeldMessage, delayMs: number): void;
  /** Resolves when no handler runs and no dead letter is being written, or after `ms` milliseconds. */
  whenIdle(ms: number): Promise<boolean>;
  /** Tells who waits for it that a handler or a dead letter is done. */
  notifyIdle(): void;
}

/** The durable consumer of one event, and what this process holds of it. */
export interface SourcePort extends HeldSource {
  readonly held: ReadonlyMap<number, HeldMessage>;
  readonly consumer: BusConsumer | undefined;
  /** Messages received since the start. */
  readonly received: number;
  /** Greatest ack floor that was seen. */
  floor: number;
  /** Greatest sequence that the consumer has delivered to anybody, as last seen. */
  delivered: number;
  /** Since when it gets no messages though it should. */
  readonly brokenSince: number | undefined;
  /** Why. */
  readonly trouble: string | undefined;
  /** Stops to ask for messages; what is on its way still comes. */
  pause(): Promise<void>;
  /** Asks again. */
  resume(): void;
  /** Subscribes anew, as long as it takes. */
  recover(trouble: string): void;
}

/** Decides which message is next. */
export interface DispatcherPort {
  /** Messages that wait for another attempt, or for the dead letters to have room. */
  readonly waiting: number;
  /** Why no handler can be called, while none can. */
  readonly inboxOutage: { readonly reason: string | undefined; end(): void };
  /** Lets a message wait for another attempt. */
  wait(held: HeldMessage, delayMs: number): void;
  /** Puts a message back whose handler could not be called. */
  postpone(held: HeldMessage, notTried: NotTried): void;
  /** Starts handlers while there are places and messages. */
  pump(): void;
}

/** Calls the handler. */
export interface HandlerRunnerPort {
  /** Handlers that run. */
  readonly running: number;
  /** Whether the message could be read; else it is condemned. */
  decode(held: HeldMessage): boolean;
  run(held: HeldMessage): void;
  /** Frees the place of a handler. */
  releaseSlot(held: HeldMessage): void;
  /** Gives a handler up that takes too long. */
  giveUp(held: HeldMessage): void;
}

/** Decides what becomes of a message whose handler failed, or that no handler may see. */
export interface RedeliveryPolicyPort {
  failed(held: HeldMessage, call: RunningCall, error: unknown): void;
  deadLetter(held: HeldMessage, error: unknown, outcome: "dlq" | "invalid"): void;
}

/** Writes dead letters. */
export interface DeadLetterWriterPort {
  /** Dead letters being written. */
  readonly running: number;
  /** The last failure to write one, until one is written. */
  readonly trouble: string | undefined;
  write(held: HeldMessage): void;
}
