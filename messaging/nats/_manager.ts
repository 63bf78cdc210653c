import { outsideContext } from "../../internal/outside_context.ts";
import type { JetStreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { busError, type BusErrorPlace, toBusError } from "../bus/_bus_error.ts";
import type { NatsConnectionState } from "./_connection_state.ts";

/** Sends requests to the JetStream API. */
export class NatsManager {
  readonly #connection: NatsConnection;
  readonly #state: NatsConnectionState;
  readonly #domain: string | undefined;
  /** Time limit of one request in milliseconds. */
  readonly timeoutMs: number;
  readonly #asking = new Set<(error: Error) => void>();
  #manager: Promise<JetStreamManager> | undefined;

  constructor(
    connection: NatsConnection,
    state: NatsConnectionState,
    { domain, timeoutMs = 5000 }: {
      readonly domain: string | undefined;
      readonly timeoutMs: number | undefined;
    },
  ) {
    this.#connection = connection;
    this.#state = state;
    this.#domain = domain;
    this.timeoutMs = timeoutMs;
  }

  /** Prefix of the subjects of the JetStream API. */
  get apiPrefix(): string {
    return this.#domain === undefined ? "$JS.API" : `$JS.${this.#domain}.API`;
  }

  /** Returns the result of `ask`; rejects as soon as the connection is lost. */
  async ask<T>(
    doing: string,
    place: BusErrorPlace,
    ask: (manager: JetStreamManager) => Promise<T>,
  ): Promise<T> {
    this.#state.assertOpen(doing, place);
    let fail: (error: Error) => void = () => {};
    const lost = new Promise<never>((_, reject) => fail = reject);
    lost.catch(() => {});
    const onLost = (error: Error) => fail(busError("unavailable", `${doing}: ${error.message}`, place));
    this.#asking.add(onLost);
    try {
      this.#manager ??= this.#open();
      return await Promise.race([this.#manager.then(ask), lost]);
    } catch (error) {
      throw isUnanswered(error)
        ? busError("unavailable", `${doing}: JetStream does not answer`, { ...place, cause: error })
        : toBusError(error, doing, place);
    } finally {
      this.#asking.delete(onLost);
    }
  }

  /** Rejects everything that waits for a reply. */
  failAll(reason: string): void {
    for (const fail of [...this.#asking]) fail(new Error(reason));
  }

  async #open(): Promise<JetStreamManager> {
    const { jetstreamManager } = await outsideContext(() => import("@nats-io/jetstream"));
    return await jetstreamManager(this.#connection, {
      checkAPI: false,
      timeout: this.timeoutMs,
      ...this.#domain !== undefined && { domain: this.#domain },
    });
  }
}

function isUnanswered(error: unknown): boolean {
  return error instanceof Error && error.name === "JetStreamNotEnabled";
}
