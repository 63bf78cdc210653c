import type { DedicatedConnection, DedicatedSource } from "../../db/connection/dedicated.ts";
import { fullJitter } from "../../internal/backoff.ts";

const RECONNECT = { minDelayMs: 50, maxDelayMs: 5000, factor: 2 };

/**
 * A connection that listens for the notifications of added rows. It reconnects when it is lost; polling covers the time
 * between.
 */
export class WakeListener {
  readonly #source: DedicatedSource;
  readonly #channel: string;
  readonly #wake: () => void;
  #connection: DedicatedConnection | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #listening = false;
  #stopped = false;

  constructor(source: DedicatedSource, channel: string, wake: () => void) {
    this.#source = source;
    this.#channel = channel;
    this.#wake = wake;
  }

  /** Whether notifications arrive at the moment. */
  get listening(): boolean {
    return this.#listening;
  }

  start(): void {
    const onClose = () => {
      if (this.#connection === connection) this.#lose(connection);
    };
    const connection = this.#connection = this.#source.open({ onNotify: this.#wake, onClose });
    connection.sql.unsafe(`listen "${this.#channel}"`).then(() => {
      if (this.#connection !== connection) return;
      this.#failures = 0;
      this.#listening = true;
      this.#wake(); // rows may have been added before
    }, onClose);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    const connection = this.#connection;
    this.#connection = undefined;
    this.#listening = false;
    await connection?.close().catch(() => {});
  }

  #lose(connection: DedicatedConnection): void {
    this.#connection = undefined;
    this.#listening = false;
    connection.close().catch(() => {});
    if (this.#stopped) return;
    this.#timer = setTimeout(() => this.start(), fullJitter(++this.#failures, RECONNECT));
  }
}
