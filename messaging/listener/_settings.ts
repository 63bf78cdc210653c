import { assertWhole } from "../../internal/assert_number.ts";
import { MAX_TIMER_MS } from "../../internal/clock.ts";
import type { LoggerLike } from "../../logging/logger.ts";
import { toStructured } from "../../logging/structured_logger.ts";
import type { Metrics } from "../../metrics/create_metrics.ts";
import { partitionsFilter } from "../contract/_partition.ts";
import type { AnyEventContract, EventContract } from "../contract/define_event.ts";
import type { GlamEvent } from "../contract/event.ts";
import type { Inbox } from "../inbox/inbox.ts";
import type {
  EventArguments,
  FailedAttempt,
  FailureDecision,
  ListenerMiddleware,
  ListenerOptions,
} from "./options.ts";

/** One event of a listener, and the durable consumer for it. */
export interface SourceSettings {
  readonly contract: EventContract;
  /** Name of the durable consumer; with partitions, what the names of theirs begin with. */
  readonly durable: string;
  /** Matches the subjects of its messages. */
  readonly filterSubject: string;
  readonly ackWaitMs: number;
  /** How many partitions it has, each with a durable consumer of its own. */
  readonly partitions: number | undefined;
}

/** Ack wait of a durable consumer in milliseconds, unless another one is set. */
const ACK_WAIT_MS = 30_000;
/** The same of a partition, which waits as long for a process that has died. */
const PARTITION_ACK_WAIT_MS = 10_000;
/** How many handlers run at a time where every event has partitions, unless another number is set. */
const PARTITION_CONCURRENCY = 16;

/** The options of a listener, validated, with every default filled in. */
export interface Settings {
  readonly service: string;
  readonly queueGroup: string;
  readonly sources: readonly SourceSettings[];
  readonly handle: (args: EventArguments) => unknown;
  readonly deps: unknown;
  readonly inbox: Inbox | undefined;
  readonly concurrency: number;
  readonly prefetch: number;
  readonly maxAttempts: number;
  readonly ackWaitMs: number;
  readonly backoffMs: readonly number[];
  readonly maxHandlerMs: number;
  readonly graceMs: number;
  readonly keyOf: ((event: GlamEvent) => unknown) | undefined;
  readonly onError: ((error: unknown, failed: FailedAttempt) => unknown) | undefined;
  readonly onDeadLetter: "continue" | "hold";
  readonly logger: LoggerLike | undefined;
  readonly metrics: Metrics | undefined;
  readonly repair: boolean;
}

/**
 * How many deliveries beyond `maxAttempts` a message is granted before it is taken for one that kills its process: it may have
 * been returned to the server, or buffered beside the message that killed the process.
 */
export const SPARE_DELIVERIES = 3;

/** How many delivered messages of one durable consumer may be unsettled, over all processes. */
export const MAX_ACK_PENDING = 20_000;

/** Validates the options, and fills in the defaults. */
export function toSettings(
  options: ListenerOptions<readonly AnyEventContract[], unknown, Inbox | undefined>,
): Settings {
  const {
    service,
    queueGroup,
    events,
    handle,
    deps,
    inbox,
    keyOf,
    onError,
    middleware = [],
    logger,
    metrics,
  } = options;
  assertName("service", service);
  assertName("queueGroup", queueGroup);
  const { maxAttempts = 3, backoffMs = [1000, 5000], onDeadLetter = "continue" } = options;
  const sources = toSources(service, queueGroup, events, options.ackWaitMs);
  const isPartitioned = sources.every(({ partitions }) => partitions !== undefined);
  const { concurrency = isPartitioned ? PARTITION_CONCURRENCY : 1 } = options;
  const ackWaitMs = Math.max(...sources.map((source) => source.ackWaitMs));
  const { prefetch = Math.max(32, 2 * concurrency), maxHandlerMs = 10 * ackWaitMs, graceMs = 20_000 } =
    options;
  assertFunction("handle", handle);
  if (keyOf !== undefined) assertFunction("keyOf", keyOf);
  assertOrder(sources, keyOf, onDeadLetter);
  if (onError !== undefined) assertFunction("onError", onError);
  if (inbox !== undefined) assertFunction("inbox.once", inbox?.once);
  middleware.forEach((each, i) => assertFunction(`middleware[${i}]`, each));
  assertWhole("concurrency", concurrency, 1, 10_000);
  assertWhole("prefetch", prefetch, 1, 10_000);
  assertWhole("maxAttempts", maxAttempts, 1, 1000);
  assertWhole("ackWaitMs", ackWaitMs, 100, MAX_TIMER_MS);
  assertWhole("maxHandlerMs", maxHandlerMs, 1);
  assertWhole("graceMs", graceMs, 0, MAX_TIMER_MS);
  if (backoffMs.length === 0) throw new RangeError("Expected `backoffMs` to have a delay, got []");
  backoffMs.forEach((delay, i) => assertWhole(`backoffMs[${i}]`, delay, 0, MAX_TIMER_MS / 2));
  return {
    service,
    queueGroup,
    sources,
    handle: compose(handle as (args: EventArguments) => unknown, middleware as readonly ListenerMiddleware[]),
    deps,
    inbox,
    concurrency,
    prefetch,
    maxAttempts,
    ackWaitMs,
    backoffMs: [...backoffMs],
    maxHandlerMs,
    graceMs,
    keyOf,
    onError,
    onDeadLetter,
    logger: toStructured(logger),
    metrics,
    repair: options.repair ?? false,
  };
}

/** The name of the durable consumer of a subject: `<service>-<queueGroup>-<subject with _ for .>`. */
export function durableName(service: string, queueGroup: string, subject: string): string {
  return `${service}-${queueGroup}-${subject.replaceAll(".", "_")}`;
}

function toSources(
  service: string,
  queueGroup: string,
  events: readonly AnyEventContract[],
  givenAckWaitMs: number | undefined,
): readonly SourceSettings[] {
  if (!Array.isArray(events) || events.length === 0) {
    throw new TypeError("Expected `events` to have at least one event");
  }
  const subjects = new Map<string, string>();
  return events.map((contract: AnyEventContract) => {
    const { subject, partitions } = contract;
    const durable = durableName(service, queueGroup, subject);
    if (!DURABLE.test(durable)) {
      throw new TypeError(
        `Cannot listen to "${subject}": "${durable}" is not a valid durable name; use letters, digits, "_" and "-"`,
      );
    }
    const names = partitions === undefined
      ? [durable]
      : Array.from({ length: partitions }, (_, n) => partitionDurable(durable, n));
    for (const name of [durable, ...names]) {
      const other = subjects.get(name);
      if (other === undefined) continue;
      throw new TypeError(
        other === subject
          ? `Expected \`events\` to have each event once, got "${subject}" twice`
          : `Cannot listen to "${other}" and "${subject}" in one queue group: both need the durable consumer "${name}"`,
      );
    }
    for (const name of [durable, ...names]) subjects.set(name, subject);
    return {
      contract,
      durable,
      filterSubject: partitions === undefined ? subject : partitionsFilter(subject),
      ackWaitMs: givenAckWaitMs ?? (partitions === undefined ? ACK_WAIT_MS : PARTITION_ACK_WAIT_MS),
      partitions,
    };
  });
}

/** The name of the durable consumer of a partition. */
export function partitionDurable(durable: string, partition: number): string {
  return `${durable}_p${partition}`;
}

/** Refuses options that contradict the order of keys that partitions give. */
function assertOrder(sources: readonly SourceSettings[], keyOf: unknown, onDeadLetter: unknown): void {
  const partitioned = sources.find(({ partitions }) => partitions !== undefined);
  if (partitioned !== undefined && keyOf !== undefined) {
    const { subject } = partitioned.contract;
    throw new TypeError(`Expected no \`keyOf\`: the contract of "${subject}" has one, with its partitions`);
  }
  if (onDeadLetter !== "continue" && onDeadLetter !== "hold") {
    throw new TypeError(
      `Expected \`onDeadLetter\` to be "continue" or "hold", got ${JSON.stringify(onDeadLetter)}`,
    );
  }
  const plain = sources.find(({ partitions }) => partitions === undefined);
  if (onDeadLetter === "hold" && plain !== undefined) {
    throw new TypeError(
      `Expected \`onDeadLetter: "hold"\` with partitions only, and "${plain.contract.subject}" has none`,
    );
  }
}

const DURABLE = /^[A-Za-z0-9_-]+$/;

/** Wraps the handler in its middleware, the first one outermost. */
function compose(
  handle: (args: EventArguments) => unknown,
  middleware: readonly ListenerMiddleware[],
): (args: EventArguments) => unknown {
  return middleware.reduceRight<(args: EventArguments) => unknown>(
    (inner, outer) => (args) => {
      let called = false;
      return outer(args, async () => {
        if (called) throw new TypeError("Cannot call next() twice in one middleware");
        called = true;
        return await inner(args);
      });
    },
    handle,
  );
}

function assertName(name: string, value: unknown): void {
  if (typeof value !== "string" || !DURABLE.test(value)) {
    throw new TypeError(
      `Expected \`${name}\` to be a name of letters, digits, "_" and "-", got ${JSON.stringify(value)}`,
    );
  }
}

function assertFunction(name: string, value: unknown): void {
  if (typeof value !== "function") {
    throw new TypeError(
      `Expected \`${name}\` to be a function, got ${value === null ? "null" : typeof value}`,
    );
  }
}

/** Whether `value` is a decision that `onError` may return. */
export function isDecision(value: unknown): value is FailureDecision {
  return value === "ack" || value === "dlq" || value === "retry";
}
