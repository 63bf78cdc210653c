import type {
  ConsumerConfig as ServerConfig,
  ConsumerInfo as ServerInfo,
  JetStreamManager,
} from "@nats-io/jetstream";
import {
  consumerDrift,
  formerAckWaits,
  fullConsumerConfig,
  isFormer,
  mismatch,
  withFormerAckWait,
} from "../bus/_consumer_config.ts";
import type { ConsumerConfig, ConsumerInfo, FullConsumerConfig, StreamConsumer } from "../bus/consumer.ts";
import type { MessageRange } from "../bus/stream.ts";

const NANOS = 1e6;
const COUNT_THRESHOLD_MS = 5000;

/** What was bound. */
export interface BoundConsumer {
  /** Whether it was made. */
  readonly created: boolean;
  /** Its ack wait, which a repair may have changed. */
  readonly ackWaitMs: number;
}

/** Creates a durable consumer, or checks the existing one. */
export async function bindServerConsumer(
  manager: JetStreamManager,
  config: ConsumerConfig,
  update: boolean,
): Promise<BoundConsumer> {
  const wanted = fullConsumerConfig(config);
  const existing = await findServerConsumer(manager, config.stream, config.name);
  if (existing === undefined) {
    await manager.consumers.add(config.stream, toServerConfig(wanted));
    return { created: true, ackWaitMs: wanted.ackWaitMs };
  }
  const { description } = existing.config;
  const ackWaitMs = (existing.config.ack_wait ?? 0) / NANOS;
  const drift = [
    ...consumerDrift(toConsumerConfig(config, existing.config), config),
    ...existing.config.ack_policy === "explicit" ? [] : [`ack_policy is ${existing.config.ack_policy}`],
    ...existing.config.deliver_subject ? ["it pushes"] : [],
    ...(existing.config.max_deliver ?? -1) > 0 ? [`max_deliver is ${existing.config.max_deliver}`] : [],
  ];
  const isKept = drift.length === 0 || !update && isFormer(drift, wanted, formerAckWaits(description));
  if (isKept) return { created: false, ackWaitMs };
  if (!update || existing.config.deliver_subject || existing.config.ack_policy !== "explicit") {
    throw mismatch(config, drift);
  }
  const { ack_wait, max_ack_pending, max_deliver } = toServerConfig(wanted);
  await manager.consumers.update(config.stream, config.name, {
    ack_wait: ack_wait!,
    max_ack_pending: max_ack_pending!,
    max_deliver: max_deliver!,
    ...ackWaitMs !== wanted.ackWaitMs &&
      { description: withFormerAckWait(description, ackWaitMs, wanted.ackWaitMs) },
  });
  const left = consumerDrift(toConsumerConfig(config, existing.config), config).filter((line) =>
    line.startsWith("filter_subject")
  );
  if (left.length > 0) throw mismatch(config, left);
  return { created: false, ackWaitMs: wanted.ackWaitMs };
}

/** The server's info of a consumer, or `undefined` when there is none. */
export async function findServerConsumer(
  manager: JetStreamManager,
  stream: string,
  name: string,
): Promise<ServerInfo | undefined> {
  try {
    return await manager.consumers.info(stream, name);
  } catch (error) {
    const { name: kind } = error as Error;
    if (kind === "ConsumerNotFoundError" || kind === "StreamNotFoundError") return undefined;
    throw error;
  }
}

/** Converts the server's info of a consumer. */
export function toConsumerInfo(info: ServerInfo): ConsumerInfo {
  const { opt_start_seq: start = 1 } = info.config;
  return {
    // The server reports 0 until the first acknowledgement, wherever the consumer starts.
    ackFloor: Math.max(info.ack_floor.stream_seq, start - 1),
    delivered: info.delivered.stream_seq,
    ackPending: info.num_ack_pending,
    redelivered: info.num_redelivered,
    pending: info.num_pending,
    waiting: info.num_waiting,
    deliveries: info.delivered.consumer_seq,
    ackWaitMs: (info.config.ack_wait ?? 0) / NANOS,
  };
}

/** The consumers of a stream by name. */
export async function listServerConsumers(
  manager: JetStreamManager,
  stream: string,
): Promise<readonly StreamConsumer[]> {
  const consumers: StreamConsumer[] = [];
  for await (const info of manager.consumers.list(stream)) {
    const { durable_name, filter_subject, filter_subjects = [], max_ack_pending = -1 } = info.config as
      & ServerConfig
      & {
        readonly filter_subjects?: readonly string[];
      };
    const filters = filter_subject ? [filter_subject] : filter_subjects;
    consumers.push({
      ...toConsumerInfo(info),
      name: info.name,
      filterSubjects: filters.length === 0 ? [">"] : filters,
      durable: durable_name !== undefined,
      ...max_ack_pending > 0 && { maxAckPending: max_ack_pending },
    });
  }
  return consumers.sort((one, other) => one.name < other.name ? -1 : 1);
}

/** Counts messages by a consumer that is made for it, since the server counts what a consumer has to deliver. */
export async function countServerMessages(
  manager: JetStreamManager,
  stream: string,
  { from, subject }: MessageRange,
): Promise<number> {
  const { name, num_pending } = await manager.consumers.add(stream, {
    ack_policy: "none",
    deliver_policy: "by_start_sequence",
    opt_start_seq: Math.max(1, from),
    filter_subject: subject,
    inactive_threshold: COUNT_THRESHOLD_MS * NANOS, // where it cannot be deleted
    mem_storage: true,
    num_replicas: 1,
  });
  await manager.consumers.delete(stream, name).catch(() => {});
  return num_pending;
}

function toServerConfig(config: FullConsumerConfig): Partial<ServerConfig> {
  const { deliver } = config;
  const start = deliver === "all"
    ? { deliver_policy: "all" as const }
    : { deliver_policy: "by_start_sequence" as const, opt_start_seq: deliver.startSequence };
  return {
    durable_name: config.name,
    filter_subject: config.filterSubject,
    ack_policy: "explicit",
    ack_wait: config.ackWaitMs * NANOS,
    max_ack_pending: config.maxAckPending,
    max_deliver: -1, // the listener writes dead letters; the server would only stop delivering
    ...start,
  };
}

function toConsumerConfig({ stream, name }: ConsumerConfig, config: ServerConfig): ConsumerConfig {
  return {
    stream,
    name,
    filterSubject: config.filter_subject || ">",
    ackWaitMs: (config.ack_wait ?? 0) / NANOS,
    maxAckPending: config.max_ack_pending,
  };
}
