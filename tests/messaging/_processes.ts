import { MessageBusError } from "@glam/shared/errors";
import {
  type BusConsumer,
  connectNats,
  createDeadLetters,
  type MessageBus,
  STREAM_CONFIGS,
  Streams,
} from "@glam/shared/messaging";
import { startScript } from "../_support/child_process.ts";
import type { NatsServer } from "../_support/nats_server.ts";
import { waitFor } from "../_support/wait_for.ts";
import type { InboxChildOptions } from "./inbox/_child.ts";
import type { ChildOptions } from "./listener/_child.ts";

const listenerChild = new URL("./listener/_child.ts", import.meta.url);
const inboxChild = new URL("./inbox/_child.ts", import.meta.url);

/** A process that listens. */
export interface ListeningProcess extends AsyncDisposable {
  /** Numbers whose handler began, in order. */
  readonly begun: number[];
  /** Numbers whose handler was done, in order. */
  readonly done: number[];
  /** How often it could not use its inbox. */
  readonly heldUp: number;
  /** Waits until it listens, and rejects when it ends before that. */
  ready(): Promise<void>;
  /** Waits until it has ended, and gives its exit code, or the signal that ended it. */
  exited(): Promise<number | string>;
  hasEnded(): boolean;
  /** Kills it, as a crash would. */
  kill(): void;
  /** Asks it to end. */
  terminate(): void;
}

/** Starts a process that listens. */
export function startListening(options: ChildOptions): ListeningProcess {
  return startProcess(listenerChild, options);
}

/** Starts a process that listens with an inbox. */
export function startInboxListening(options: InboxChildOptions): ListeningProcess {
  return startProcess(inboxChild, options);
}

function startProcess(script: URL, options: object): ListeningProcess {
  const begun: number[] = [];
  const done: number[] = [];
  let heldUp = 0;
  let isReady = false;
  const child = startScript(script, [JSON.stringify(options)], {
    onLine(line) {
      const [word, n] = line.split(" ");
      if (word === "begin") begun.push(Number(n));
      else if (word === "done") done.push(Number(n));
      else if (word === "held") heldUp++;
      else if (word === "ready") isReady = true;
    },
  });
  return {
    begun,
    done,
    get heldUp() {
      return heldUp;
    },
    async ready() {
      await child.reaches(() => isReady, "it listens");
    },
    exited: child.exited,
    hasEnded: child.hasEnded,
    kill: () => child.signal("SIGKILL"),
    terminate: () => child.signal("SIGTERM"),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

/** Publishes `evt.test.numbered.v1` from `first` to `last`. */
export async function publishNumbers(bus: MessageBus, first: number, last: number): Promise<void> {
  for (let n = first; n <= last; n += 100) {
    const batch = Array.from({ length: Math.min(100, last - n + 1) }, (_, i) => publishNumber(bus, n + i));
    await Promise.all(batch);
  }
}

async function publishNumber(bus: MessageBus, n: number): Promise<void> {
  const event = {
    event_id: `event-${n}`,
    event_type: "evt.test.numbered.v1",
    timestamp: new Date().toISOString(),
    data: { n },
  };
  const message = { subject: event.event_type, data: JSON.stringify(event), id: event.event_id };
  for (;;) {
    try {
      await bus.publish(message);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50)); // the server is being killed: again, with the same id
    }
  }
}

/** A bus in an account of its own, with the streams. */
export async function openBus(
  server: NatsServer,
): Promise<{ bus: MessageBus; options: { servers: string; user: string; pass: string } }> {
  const account = server.account();
  const options = { servers: server.url, ...account };
  const bus = await connectNats(options);
  for (const config of STREAM_CONFIGS) await bus.ensureStream(config);
  return { bus, options };
}

/** The numbers of the dead letters. */
export async function deadNumbers(bus: MessageBus): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { event } of createDeadLetters(bus).list()) numbers.push((event?.data as { n: number }).n);
  return numbers.sort((one, other) => one - other);
}

/** The durable consumer of a queue group. */
export function durableOf(bus: MessageBus, queueGroup: string, ackWaitMs = 30_000): Promise<BusConsumer> {
  const name = `test-${queueGroup}-evt_test_numbered_v1`;
  return bus.consumer({ stream: Streams.EVENTS, name, filterSubject: "evt.test.numbered.v1", ackWaitMs });
}

/**
 * Gives back what nobody has settled, as the server itself does when the ack wait is over: so tests need not wait for that,
 * and it can be so long that a process without a processor for a while does not miss it.
 */
export async function endAckWait(bus: MessageBus, consumer: BusConsumer): Promise<void> {
  const { stream, name } = consumer.config;
  await bus.flush(); // what this process has given back to wait is not to come after it
  const answer = await bus.call(`$JS.API.CONSUMER.INFO.${stream}.${name}`, { data: "" });
  const { delivered, ack_floor: floor }: { delivered: Place; ack_floor: Place } = JSON.parse(
    new TextDecoder().decode(answer.data),
  );
  for (let first = floor.stream_seq + 1; first <= delivered.stream_seq; first += 100) {
    const count = Math.min(100, delivered.stream_seq - first + 1);
    const answers = Array.from({ length: count }, (_, i) => {
      const delivery = `1.${first + i}.${delivered.consumer_seq}.0.0`;
      return bus.call(`$JS.ACK.${stream}.${name}.${delivery}`, { data: "-NAK" }); // is ignored of what is settled
    });
    await Promise.all(answers);
  }
}

/** How far a consumer is, in the sequences of its stream and in its own. */
interface Place {
  readonly stream_seq: number;
  readonly consumer_seq: number;
}

/** The same for what a process held that is dead, when the server knows that it is. */
export async function endAckWaitOfDead(bus: MessageBus, consumer: BusConsumer): Promise<void> {
  await waitFor(async () => (await infoOf(consumer))?.waiting === 0, "nobody asks for messages any longer");
  await endAckWait(bus, consumer);
}

/** Waits until a consumer has nothing left to deliver or to settle. */
export async function allSettled(consumer: BusConsumer): Promise<void> {
  await waitFor(async () => {
    const info = await infoOf(consumer);
    return info !== undefined && info.ackPending + info.pending === 0;
  }, "everything is settled");
}

/** What the server says of a consumer; `undefined` while it is away. */
async function infoOf(consumer: BusConsumer): ReturnType<BusConsumer["info"]> {
  try {
    return await consumer.info();
  } catch (error) {
    if (error instanceof MessageBusError && error.retryable) return undefined;
    throw error;
  }
}
