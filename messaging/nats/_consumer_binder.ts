import type { Msg, NatsConnection } from "@nats-io/nats-core";
import { busError, type BusErrorPlace } from "../bus/_bus_error.ts";
import { assertConsumerConfig, fullConsumerConfig } from "../bus/_consumer_config.ts";
import type {
  BusConsumer,
  ConsumerConfig,
  ConsumerOptions,
  PullEnd,
  SharedPullOptions,
  SharedPulls,
} from "../bus/consumer.ts";
import type { NatsAcks } from "./_acks.ts";
import type { NatsConnectionState } from "./_connection_state.ts";
import { bindServerConsumer, findServerConsumer, toConsumerInfo } from "./_consumers.ts";
import type { NatsManager } from "./_manager.ts";
import { NatsPull } from "./_pull.ts";
import { NatsSharedPulls } from "./_shared_pull.ts";
import { isNoResponders, type NatsInbox } from "./_reply_inbox.ts";
import type { NatsStorage } from "./_storage.ts";

/** What binding to consumers needs from its bus. */
export interface ConsumerPort {
  readonly connection: NatsConnection;
  /** Prefix of the inboxes of this bus. */
  readonly inboxPrefix: string;
  readonly state: NatsConnectionState;
  readonly manager: NatsManager;
  readonly storage: NatsStorage;
  readonly acks: NatsAcks;
  readonly send: NatsInbox["send"];
  readonly forget: NatsInbox["forget"];
}

/** Binds to durable consumers, and owns the subscriptions to them. */
export class ConsumerBinder {
  readonly #port: ConsumerPort;
  readonly #pulls = new Set<NatsPull | NatsSharedPulls>();

  constructor(port: ConsumerPort) {
    this.#port = port;
  }

  /** See `MessageBus.consumer`. */
  async bind(config: ConsumerConfig, { update = false }: ConsumerOptions): Promise<BusConsumer> {
    assertConsumerConfig(config);
    const { manager, storage, state } = this.#port;
    const { stream, name } = config;
    const place = { operation: "bind_consumer", stream };
    const doing = `Cannot bind to the consumer ${name} of ${stream}`;
    const { created, ackWaitMs } = await manager.ask(
      doing,
      place,
      (api) => bindServerConsumer(api, config, update),
    );
    const nextSubject = `${manager.apiPrefix}.CONSUMER.MSG.NEXT.${stream}.${name}`;
    await this.#assertMayConsume(config, nextSubject, doing, place);
    const info = () =>
      manager.ask(`Cannot read the consumer ${name}`, { operation: "consumer_info", stream }, async (api) => {
        const found = await findServerConsumer(api, stream, name);
        return found === undefined ? undefined : toConsumerInfo(found);
      });
    return {
      config: { ...fullConsumerConfig(config), ackWaitMs },
      created,
      info,
      subscribe: (options) => {
        const { acks, connection, inboxPrefix } = this.#port;
        state.assertOpen("Cannot subscribe", { operation: "subscribe", stream });
        const pull = new NatsPull({
          connection,
          nextSubject,
          newInbox: () => `${inboxPrefix}.${crypto.randomUUID()}`,
          unavailable: () => state.unavailable(),
          onClose: (closed) => this.#pulls.delete(closed),
          flushAnswers: () => acks.flush(),
          inspect: info,
          answer: (subject, payload) => acks.add(subject, payload),
          confirm: (subject, timeoutMs) => this.#confirm(subject, timeoutMs, stream),
        }, options);
        this.#pulls.add(pull);
        return pull;
      },
      oldest: async () => {
        const current = await info();
        if (current === undefined || current.ackPending + current.pending === 0) return undefined;
        return await storage.readMessage(stream, {
          from: current.ackFloor + 1,
          subject: config.filterSubject,
        });
      },
    };
  }

  /** See `MessageBus.subscribeAll`. */
  subscribeAll(consumers: readonly BusConsumer[], options: SharedPullOptions): SharedPulls {
    const { acks, connection, inboxPrefix, manager, state } = this.#port;
    state.assertOpen("Cannot subscribe", { operation: "subscribe" });
    const pulls = new NatsSharedPulls(
      {
        connection,
        nextSubject: (stream, name) => `${manager.apiPrefix}.CONSUMER.MSG.NEXT.${stream}.${name}`,
        newInbox: () => `${inboxPrefix}.${crypto.randomUUID()}`,
        unavailable: () => state.unavailable(),
        onClose: (closed) => this.#pulls.delete(closed),
        flushAnswers: () => acks.flush(),
        answer: (subject, payload) => acks.add(subject, payload),
        confirm: (subject, timeoutMs, stream) => this.#confirm(subject, timeoutMs, stream),
      },
      consumers,
      options,
    );
    this.#pulls.add(pulls);
    return pulls;
  }

  /** Ends all pull requests. */
  end(reason: PullEnd["reason"]): void {
    for (const pull of [...this.#pulls]) pull.end(reason);
  }

  /** Ends all pull requests, and closes the subscriptions. */
  close(): void {
    for (const pull of [...this.#pulls]) {
      pull.end("closed");
      pull.close();
    }
  }

  /**
   * Checks the permissions to pull and to acknowledge: without the first a subscription would wait in silence, without the
   * second every message would be redelivered. The server reports a missing permission before it answers a flush. It answers
   * a malformed pull request with status 400 and delivers nothing, and ignores progress on the sequence 0.
   */
  async #assertMayConsume(
    { stream, name }: ConsumerConfig,
    nextSubject: string,
    doing: string,
    place: BusErrorPlace,
  ): Promise<void> {
    const { connection, forget, manager, send } = this.#port;
    let refusal: Error | undefined;
    const probe = (subject: string, data: string) =>
      send(subject, data, undefined, manager.timeoutMs, doing, { ...place, subject }, () => {}, (error) => {
        refusal = error;
      });
    const tokens = [probe(nextSubject, "{"), probe(`$JS.ACK.${stream}.${name}.1.0.0.0.0`, "+WPI")];
    await manager.ask(doing, place, () => connection.flush());
    await new Promise((resolve) => setTimeout(resolve, 0)); // the client hands its errors to an iterator
    tokens.forEach(forget);
    if (refusal !== undefined) throw refusal;
  }

  async #confirm(subject: string, timeoutMs: number, stream: string): Promise<void> {
    const { send, state } = this.#port;
    const place = { operation: "ack", stream };
    const doing = "Cannot acknowledge";
    state.assertOpen(doing, place);
    const reply = await new Promise<Msg>((resolve, reject) => {
      send(subject, "", undefined, timeoutMs, doing, place, resolve, reject);
    });
    if (isNoResponders(reply)) throw busError("unavailable", `${doing}: the consumer is gone`, place);
  }
}
