import { assertWhole } from "../../internal/assert_number.ts";
import { toStructured } from "../../logging/structured_logger.ts";
import { type SpanHandle, startSpan } from "../../internal/spans.ts";
import { ensureStreamOf } from "../bus/ensure_stream_of.ts";
import { ensureStreams } from "../bus/ensure_streams.ts";
import { type OutgoingEvent, toMessage } from "./_outgoing_event.ts";
import { PublishRecorder } from "./_recorder.ts";
import { publishAgain } from "./_retry_publish.ts";
import { assertServiceName } from "./_service_name.ts";
import type { EventContract } from "../contract/define_event.ts";
import type { MessageBus, PublishAck } from "../bus/message_bus.ts";
import type {
  PublishedEvent,
  Publisher,
  PublisherOptions,
  PublishEventOptions,
  PublishManyOptions,
} from "./publisher.ts";

/**
 * Creates the publisher of a service. It validates the data of each event by its contract before it sends anything, and
 * resolves when a stream has stored the event.
 *
 * @example
 * ```ts
 * import { createMemoryBus, createPublisher, defineEvent } from "@glam/shared/messaging";
 * import * as z from "zod";
 *
 * const ThingDone = defineEvent("evt.demo.thing.done.v1", z.object({ id: z.int() }));
 * await using bus = createMemoryBus();
 * const publisher = createPublisher(bus, { service: "demo" });
 * const { stream, seq } = await publisher.publish(ThingDone, { id: 7 });
 * console.log(stream, seq); // GLAM_EVENTS 1
 * ```
 *
 * @throws {TypeError} when `service` is empty or has white space, dots or wildcards.
 * @throws {RangeError} when a timeout is not greater than 0.
 */
export function createPublisher(bus: MessageBus, options: PublisherOptions): Publisher {
  const { service, timeoutMs = 15_000, ackTimeoutMs = 5000, metrics } = options;
  const logger = toStructured(options.logger);
  assertServiceName(service);
  assertDuration("timeoutMs", timeoutMs);
  assertDuration("ackTimeoutMs", ackTimeoutMs);
  const recorder = new PublishRecorder(service);
  let ready: Promise<unknown> | undefined;
  let isReady = options.ensureStreams === false && metrics === undefined;

  const ensureStream = options.ensureStreams === false
    ? undefined
    : (subject: string) => ensureStreamOf(bus, subject);

  /** Ensures the streams and registers the metrics, once. */
  function prepare(): Promise<unknown> {
    return ready ??= Promise.all([
      options.ensureStreams === false ? undefined : ensureStreams(bus),
      recorder.show(metrics),
    ]).then(() => isReady = true, (error) => {
      ready = undefined;
      throw error;
    });
  }

  function publish<Data, Input>(
    contract: EventContract<Data, Input>,
    data: Input,
    given: PublishEventOptions = {},
  ): Promise<PublishedEvent> {
    const { timeoutMs: limit = timeoutMs } = given;
    let span: SpanHandle | undefined;
    try {
      assertDuration("timeoutMs", limit);
      span = startSpan(() => describe(contract.subject));
      const event = span === undefined
        ? toMessage(service, contract, data, given)
        : span.run(() => toMessage(service, contract, data, given));
      const { subject } = contract;
      const sending = isReady
        ? send(subject, event, limit)
        : prepare().then(() => send(subject, event, limit));
      return span === undefined ? sending : ended(sending, span);
    } catch (error) {
      span?.end({ error });
      return Promise.reject(error);
    }
  }

  function send(subject: string, event: OutgoingEvent, limit: number): Promise<PublishedEvent> {
    const { message, eventId } = event;
    const deadline = bus.clock.now() + limit;
    const attempt = () =>
      bus.publish(message, { timeoutMs: Math.min(ackTimeoutMs, Math.max(1, deadline - bus.clock.now())) });
    const done = ({ stream, seq, duplicate }: PublishAck): PublishedEvent => {
      recorder.published(subject);
      return { eventId, stream, seq, duplicate };
    };
    return attempt().then(
      done,
      (error) => {
        const hadStream = recorder.stored.has(subject);
        const retry = { bus, message, attempt, deadline, logger, hadStream, ensureStream };
        return publishAgain(retry, error).then(done, recorder.failed(subject));
      },
    );
  }

  async function publishMany<Data, Input>(
    contract: EventContract<Data, Input>,
    data: AsyncIterable<Input> | Iterable<Input>,
    given: PublishManyOptions<Input> = {},
  ): Promise<PublishedEvent[]> {
    const { inFlight = 256, idempotencyKeyOf, ...shared } = given;
    assertWhole("inFlight", inFlight, 1);
    const results: PublishedEvent[] = [];
    let failure: { readonly error: unknown } | undefined;
    let index = 0;
    const source = Symbol.asyncIterator in data ? data[Symbol.asyncIterator]() : data[Symbol.iterator]();
    // Each worker takes the next item when its last one is stored, so that at most `inFlight` are under way.
    const taken = { next: Promise.resolve() as Promise<unknown> };
    async function work(): Promise<void> {
      while (failure === undefined) {
        const turn = taken.next.then(() => source.next());
        taken.next = turn.catch(() => {});
        try {
          const item = await turn;
          if (item.done) return;
          const at = index++;
          const idempotencyKey = idempotencyKeyOf?.(item.value, at);
          results[at] = await publish(contract, item.value, { ...shared, idempotencyKey });
        } catch (error) {
          failure ??= { error };
        }
      }
    }
    await Promise.all(Array.from({ length: inFlight }, work));
    if (failure === undefined) return results;
    await source.return?.();
    throw (failure as { readonly error: unknown }).error;
  }

  return { publish, publishMany };
}

async function ended<T>(work: Promise<T>, span: SpanHandle): Promise<T> {
  try {
    const result = await work;
    span.end();
    return result;
  } catch (error) {
    span.end({ error });
    throw error;
  }
}

/** @see https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/ */
function describe(subject: string) {
  return {
    name: `send ${subject}`,
    kind: "producer" as const,
    attributes: {
      "messaging.system": "nats",
      "messaging.operation.name": "publish",
      "messaging.operation.type": "send",
      "messaging.destination.name": subject,
    },
  };
}

function assertDuration(name: string, ms: number): void {
  if (!(ms > 0)) throw new RangeError(`Expected \`${name}\` to be greater than 0, got ${ms}`);
}
