import { isRetryableError } from "../../errors/is_retryable_error.ts";
import { MessageBusError } from "../../errors/infrastructure.ts";
import { startSpan } from "../../internal/spans.ts";
import { ensureStreamOf } from "../bus/ensure_stream_of.ts";
import type { MessageBus } from "../bus/message_bus.ts";
import { contractSubject } from "../contract/_partition.ts";
import type { Attempt, Send } from "./_batch.ts";
import type { ClaimedRow } from "./_claim.ts";
import type { OutboxRecorder } from "./_recorder.ts";
import type { SubjectOutages } from "./_subject_outages.ts";
import type { OutboxSettings } from "./_settings.ts";

const MAX_ERROR_LENGTH = 1000;

/** What publishing rows needs. */
export interface SendScope {
  readonly bus: MessageBus;
  readonly settings: OutboxSettings;
  readonly ackTimeoutMs: number;
  /** Whether to make a stream for a subject that has none. */
  readonly ensureStreams: boolean;
  readonly outages: SubjectOutages;
  readonly recorder: OutboxRecorder;
  /** Called for a row that becomes dead. */
  onDead(row: ClaimedRow, error: string): void;
}

/** Creates the function that publishes the rows of one batch. */
export function sender(scope: SendScope): Send {
  const { bus, ackTimeoutMs, ensureStreams, outages, recorder } = scope;
  const streams = new Map<string, Promise<boolean>>();

  function publish(row: ClaimedRow): Promise<unknown> {
    const { subject, body, headers, message_id } = row;
    return bus.publish({ subject, data: body, headers, id: message_id }, { timeoutMs: ackTimeoutMs });
  }

  async function fail(row: ClaimedRow, error: unknown): Promise<Attempt> {
    const { subject } = row;
    const kind = error instanceof MessageBusError ? error.kind ?? "other" : "other";
    recorder.failed(contractSubject(row), kind);
    if (isRetryableError(error) || kind === "no_stream" && await isAway(subject)) {
      outages.failed(subject, error);
      return "left";
    }
    return { failed: toFailed(scope, row, error) };
  }

  /**
   * A subject has no responder also while its stream elects a leader, or just after the server's start; and where no stream
   * has it, one may be made.
   */
  function isAway(subject: string): Promise<boolean> {
    let away = streams.get(subject);
    if (away === undefined) {
      const find = ensureStreams ? ensureStreamOf(bus, subject) : bus.findStream(subject);
      away = find.then((stream) => stream !== undefined, isRetryableError);
      streams.set(subject, away);
    }
    return away;
  }

  return async (row) => {
    const span = startSpan(() => describe(row));
    try {
      await (span === undefined ? publish(row) : span.run(() => publish(row)));
    } catch (error) {
      span?.end({ error });
      return await fail(row, error);
    }
    span?.end();
    outages.succeeded(row.subject);
    recorder.sent(contractSubject(row));
    return "sent";
  };
}

function toFailed({ settings, onDead }: SendScope, row: ClaimedRow, error: unknown) {
  const { maxAttempts, backoffMs } = settings;
  const text = toText(error);
  const attempts = row.attempts + 1;
  if (attempts >= maxAttempts || isPermanent(error)) {
    onDead(row, text);
    return { status: "dead" as const, error: text, delay_ms: 0 };
  }
  const delay = backoffMs[Math.min(attempts, backoffMs.length) - 1]!;
  return { status: "pending" as const, error: text, delay_ms: delay * (1 + Math.random() / 5) };
}

/** Whether every attempt fails in the same way: the message is malformed or too large. */
function isPermanent(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError ||
    (error instanceof MessageBusError && error.kind === "too_large");
}

/** The error as a text that Postgres can store. */
function toText(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.replaceAll("\0", "").slice(0, MAX_ERROR_LENGTH).toWellFormed();
}

/** @see https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/ */
function describe({ subject, headers }: ClaimedRow) {
  const header = (name: string) => headers.find(([each]) => each.toLowerCase() === name)?.[1];
  return {
    name: `send ${subject}`,
    kind: "producer" as const,
    traceparent: header("traceparent"),
    tracestate: header("tracestate"),
    attributes: {
      "messaging.system": "nats",
      "messaging.operation.name": "publish",
      "messaging.operation.type": "send",
      "messaging.destination.name": subject,
    },
  };
}
