import type { JetStreamManager } from "@nats-io/jetstream";
import type { LoggerLike } from "../../logging/logger.ts";
import { countServerMessages, findServerConsumer, listServerConsumers } from "./_consumers.ts";
import type { NatsConnectionState } from "./_connection_state.ts";
import type { NatsManager } from "./_manager.ts";
import { readStoredHeaders } from "./_message.ts";
import { assertSupported, ensureServerStream, findServerStream, toStreamInfo } from "./_streams.ts";
import type { StreamConsumer } from "../bus/consumer.ts";
import type { MessageBus } from "../bus/message_bus.ts";
import type {
  EnsureStreamOptions,
  MessageQuery,
  MessageRange,
  PurgeOptions,
  StoredMessage,
  StreamConfig,
} from "../bus/stream.ts";
import type { StreamInfo, StreamReport } from "../bus/stream.ts";

/** The methods of a bus for streams and the messages in them. */
type Storage = Pick<
  MessageBus,
  | "countMessages"
  | "countSubjects"
  | "deleteConsumer"
  | "deleteMessage"
  | "deleteStream"
  | "ensureStream"
  | "findStream"
  | "listConsumers"
  | "listStreams"
  | "purgeStream"
  | "readMessage"
  | "streamInfo"
>;

/** Creates, reads, updates and deletes streams, and the messages in them. */
export class NatsStorage implements Storage {
  readonly #manager: NatsManager;
  readonly #state: NatsConnectionState;
  readonly #log: LoggerLike | undefined;

  constructor(manager: NatsManager, state: NatsConnectionState, log: LoggerLike | undefined) {
    this.#manager = manager;
    this.#state = state;
    this.#log = log;
  }

  ensureStream(config: StreamConfig, options: EnsureStreamOptions = {}): Promise<StreamReport> {
    const place = { operation: "ensure_stream", stream: config.name };
    return this.#manager.ask(`Cannot ensure ${config.name}`, place, async (manager) => {
      assertSupported(config, this.#state.version);
      const report = await ensureServerStream(manager, config, options);
      if (this.#state.isClustered) await this.#warnOfOneReplica(manager, config.name);
      return report;
    });
  }

  async #warnOfOneReplica(manager: JetStreamManager, name: string): Promise<void> {
    const info = await findServerStream(manager, name);
    if (info?.config.num_replicas !== 1) return;
    this.#log?.warn("A stream in a cluster has one replica, and is lost with its node", { stream: name });
  }

  deleteStream(name: string): Promise<boolean> {
    const place = { operation: "delete_stream", stream: name };
    return this.#manager.ask(`Cannot delete ${name}`, place, async (manager) => {
      return await findServerStream(manager, name) !== undefined && await manager.streams.delete(name);
    });
  }

  streamInfo(name: string): Promise<StreamInfo | undefined> {
    const place = { operation: "stream_info", stream: name };
    return this.#manager.ask(`Cannot read ${name}`, place, async (manager) => {
      const info = await findServerStream(manager, name);
      return info === undefined ? undefined : toStreamInfo(info);
    });
  }

  listStreams(): Promise<readonly StreamInfo[]> {
    return this.#manager.ask("Cannot list the streams", { operation: "list_streams" }, async (manager) => {
      const streams: StreamInfo[] = [];
      for await (const info of manager.streams.list()) streams.push(toStreamInfo(info));
      return streams.sort(byName);
    });
  }

  listConsumers(stream: string): Promise<readonly StreamConsumer[]> {
    const doing = `Cannot list the consumers of ${stream}`;
    return this.#manager.ask(
      doing,
      { operation: "list_consumers", stream },
      (manager) => listServerConsumers(manager, stream),
    );
  }

  findStream(subject: string): Promise<string | undefined> {
    const doing = `Cannot look for the stream of "${subject}"`;
    return this.#manager.ask(doing, { operation: "find_stream", subject }, async (manager) => {
      for await (const name of manager.streams.names(subject)) return name;
      return undefined;
    });
  }

  readMessage(stream: string, query: MessageQuery): Promise<StoredMessage | undefined> {
    const doing = `Cannot read a message of ${stream}`;
    return this.#manager.ask(doing, { operation: "read_message", stream }, async (manager) => {
      const request = "sequence" in query
        ? { seq: query.sequence }
        : { seq: query.from, next_by_subj: query.subject ?? ">" }; // missing in the client's type
      const found = await manager.streams.getMessage(stream, request as { seq: number });
      return found === null ? undefined : {
        subject: found.subject,
        sequence: found.seq,
        timeNanos: toNanos(found.timestamp),
        headers: readStoredHeaders(found),
        data: found.data,
      };
    });
  }

  countMessages(stream: string, range: MessageRange): Promise<number> {
    const doing = `Cannot count messages of ${stream}`;
    return this.#manager.ask(
      doing,
      { operation: "count_messages", stream },
      (manager) => countServerMessages(manager, stream, range),
    );
  }

  countSubjects(stream: string): Promise<ReadonlyMap<string, number>> {
    const doing = `Cannot count the subjects of ${stream}`;
    return this.#manager.ask(doing, { operation: "count_subjects", stream }, async (manager) => {
      const { state: { subjects = {} } } = await manager.streams.info(stream, { subjects_filter: ">" });
      return new Map(Object.entries(subjects));
    });
  }

  deleteMessage(stream: string, sequence: number): Promise<boolean> {
    const doing = `Cannot delete message ${sequence} of ${stream}`;
    return this.#manager.ask(doing, { operation: "delete_message", stream }, async (manager) => {
      try {
        return await manager.streams.deleteMessage(stream, sequence);
      } catch (error) {
        // 10043: there is no message of this sequence.
        if ((error as { code?: unknown }).code === 10043) return false;
        throw error;
      }
    });
  }

  purgeStream(stream: string, { subject, before }: PurgeOptions = {}): Promise<number> {
    return this.#manager.ask(`Cannot purge ${stream}`, { operation: "purge", stream }, async (manager) => {
      const { purged } = await manager.streams.purge(stream, {
        ...subject !== undefined && { filter: subject },
        ...before !== undefined && { seq: before },
      } as { filter: string });
      return purged;
    });
  }

  deleteConsumer(stream: string, name: string): Promise<boolean> {
    const doing = `Cannot delete the consumer ${name} of ${stream}`;
    return this.#manager.ask(doing, { operation: "delete_consumer", stream }, async (manager) => {
      return await findServerConsumer(manager, stream, name) !== undefined &&
        await manager.consumers.delete(stream, name);
    });
  }
}

function byName({ config: one }: StreamInfo, { config: other }: StreamInfo): number {
  return one.name < other.name ? -1 : 1;
}

/** Converts an RFC 3339 time with nanoseconds to nanoseconds since 1970. */
function toNanos(timestamp: string): bigint {
  const fraction = /\.(\d+)/.exec(timestamp)?.[1] ?? "";
  const seconds = Date.parse(timestamp.replace(/\.\d+/, "")) / 1000;
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, "0"));
}
