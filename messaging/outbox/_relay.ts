import type { Database } from "../../db/database.ts";
import { dedicatedSource } from "../../db/connection/dedicated.ts";
import { isInTransaction } from "../../db/transaction/in_transaction.ts";
import { isRetryableError } from "../../errors/is_retryable_error.ts";
import { withDeadline } from "../../internal/clock.ts";
import type { LoggerLike } from "../../logging/logger.ts";
import { ensureStreams } from "../bus/ensure_streams.ts";
import type { BusState, MessageBus } from "../bus/message_bus.ts";
import { Batch } from "./_batch.ts";
import { type Claim, claimRows } from "./_claim.ts";
import { DeadRowLog } from "./_dead_row_log.ts";
import { withTableHint } from "./_missing_table.ts";
import { SubjectOutages } from "./_subject_outages.ts";
import { PollTimer } from "./_poll_timer.ts";
import { OutboxRecorder } from "./_recorder.ts";
import { showOutbox } from "./_outbox_metrics.ts";
import { relayHealth } from "./_relay_health.ts";
import { sender } from "./_send.ts";
import type { OutboxSettings, RelaySettings } from "./_settings.ts";
import type { Statements } from "./_statements.ts";
import type { Store } from "./_store.ts";
import { WakeListener } from "./_wake_listener.ts";
import type { RelayHealth } from "./outbox.ts";

/** For how long claims leave out keys whose earlier rows another relay has claimed. */
const AVOID_MS = 100;
const DATABASE_RETRY_MS = [100, 500, 1000, 2000, 5000] as const;
const STREAMS_RETRY_MS = 1000;
const CLEAN_UP_MS = [1000, 30_000] as const;
/** After this time a batch starts no more rows: its transaction must not stay idle for long. */
const BATCH_MS = 2000;
/** How long `stop()` waits after the grace for a database that does not answer. */
const HANG_MS = 1000;

/** What the relays of an outbox share. */
export interface RelayScope {
  readonly db: Database;
  readonly settings: OutboxSettings;
  readonly statements: Statements;
  readonly store: Store;
  readonly logger: LoggerLike;
}

interface OpenBatch {
  readonly batch: Batch;
  isOpen: boolean;
  /** Resolves when its rows are unlocked. */
  readonly ended: Promise<void>;
}

/**
 * Publishes due rows: claims a batch, publishes it and marks it. The next batch is claimed and published while the last one
 * is being marked.
 */
export class RelayEngine {
  readonly recorder: OutboxRecorder;
  readonly outages: SubjectOutages;
  readonly #scope: RelayScope;
  readonly bus: MessageBus;
  readonly #options: RelaySettings;
  readonly #pollTimer: PollTimer;
  readonly #onEnd: (error: Error | undefined) => void;
  #listener: WakeListener | undefined;
  /** Whether the database is embedded: it has one session, so batches cannot overlap. */
  #embedded = false;
  #streamsReady: boolean;
  #databaseFailures = 0;
  #running: Promise<void> | undefined;
  #stopping = false;
  /** Whether to start nothing more. */
  #ended = false;
  #open = new Set<Batch>();
  #changed = Promise.withResolvers<void>();
  #hideMetrics: () => void = () => {};
  #unsubscribe: () => void = () => {};
  #cleaning: { cancel(): void } | undefined;

  constructor(
    scope: RelayScope,
    bus: MessageBus,
    options: RelaySettings,
    onEnd: (error: Error | undefined) => void,
  ) {
    const { settings, store, logger } = scope;
    this.#scope = scope;
    this.bus = bus;
    this.#options = options;
    this.#onEnd = onEnd;
    this.#streamsReady = !options.ensureStreams;
    this.#pollTimer = new PollTimer(bus.clock, settings.pollMs);
    this.outages = new SubjectOutages(bus.clock, logger);
    this.recorder = new OutboxRecorder(settings.service, settings.table, () => store.counts());
  }

  async start(): Promise<void> {
    const { db, settings, statements } = this.#scope;
    if (isInTransaction(db)) {
      throw new TypeError("Cannot start a relay within a transaction: it would be a part of it");
    }
    const channel = await this.#readDatabase(db, statements);
    if (!this.#streamsReady && this.bus.connected) {
      await this.#ensureStreams().catch((error) => {
        if (!isRetryableError(error)) throw error;
      });
    }
    if (settings.metrics !== undefined) this.#hideMetrics = await showOutbox(settings.metrics, this.recorder);
    const source = dedicatedSource(db);
    if (this.#options.listen && source !== undefined && !source.pooler && !this.#embedded) {
      this.#listener = new WakeListener(source, channel, () => this.wake());
      this.#listener.start();
    }
    this.#unsubscribe = this.bus.onStateChange((state) => this.#onState(state));
    this.#running = this.#run().catch((error) => this.#onEnd(error));
    this.#cleanUpLater();
  }

  /** Rows may have been added. */
  wake(): void {
    this.#pollTimer.wake();
  }

  async stop(): Promise<void> {
    if (this.#running === undefined) return;
    const { graceMs } = this.#options;
    this.#stopping = true;
    this.#cleaning?.cancel();
    this.#pollTimer.stop();
    this.#change();
    const grace = this.bus.clock.setTimer(() => this.#abandon(), graceMs);
    await withDeadline(this.#running, graceMs + HANG_MS, "").catch(() => this.#abandon());
    grace.cancel();
    this.#unsubscribe();
    this.#hideMetrics();
    await this.#listener?.stop();
    this.#onEnd(undefined);
  }

  health(): Promise<RelayHealth> {
    return relayHealth({
      store: this.#scope.store,
      listening: this.#listener?.listening ?? false,
      connected: this.bus.connected,
      over: this.#stopping || this.#ended,
      silent: this.outages.size,
      degradedAfterMs: this.#options.degradedAfterMs,
    });
  }

  async #readDatabase(db: Database, { channel, table }: Statements): Promise<string> {
    try {
      const [row] = await db.sql.unsafe<{ channel: string; embedded: boolean }>(
        `select ${channel} as channel, version() ~ 'PGlite' as embedded`,
      );
      this.#embedded = row!.embedded;
      return row!.channel;
    } catch (error) {
      throw withTableHint(error, table);
    }
  }

  async #run(): Promise<void> {
    const avoided = new Set<string>();
    let avoidedUntil = 0;
    let before: OpenBatch | undefined;
    while (await this.#isReady()) {
      if (before?.isOpen === false) before = undefined; // the table has its outcome
      // A claim made now sees all rows added before stop(), except those that this relay has claimed itself.
      const isLast = this.#stopping && before === undefined;
      const claim = await this.#claim(avoided, before?.batch);
      if (claim === undefined) {
        await before?.ended;
        before = undefined;
        continue;
      }
      const found = claim.rows.length > 0;
      const opened = this.#publish(claim, before?.batch);
      await before?.ended;
      before = opened;
      if (this.#embedded || !found) await opened.ended;
      const now = this.bus.clock.now();
      if (!claim.isFull || now > avoidedUntil) avoided.clear();
      if (claim.isFull) {
        if (avoided.size === 0) avoidedUntil = now + AVOID_MS;
        for (const key of claim.behind) avoided.add(key);
      } else if (isLast && !found) break;
      else await this.#pollTimer.pause(found);
    }
    await before?.ended;
  }

  /** Locks due rows; after a failure and a pause, `undefined`. */
  async #claim(withoutKeys: Iterable<string>, before: Batch | undefined): Promise<Claim | undefined> {
    const { db, statements, settings, logger } = this.#scope;
    try {
      const claim = await claimRows(db, statements, {
        limit: settings.batchSize,
        withoutKeys,
        withoutSubjects: this.outages.subjects(),
        held: before?.keyed ?? [],
      });
      if (this.#databaseFailures > 0) logger.info("The outbox reads its table again");
      this.#databaseFailures = 0;
      return claim;
    } catch (error) {
      this.#onDatabaseFailure(error);
      if (this.#stopping) this.#ended = true;
      const failures = Math.min(this.#databaseFailures, DATABASE_RETRY_MS.length);
      await this.#wait(DATABASE_RETRY_MS[failures - 1]! * (0.5 + Math.random() / 2));
      return undefined;
    }
  }

  #publish(claim: Claim, before: Batch | undefined): OpenBatch {
    const { settings, logger } = this.#scope;
    const dead = new DeadRowLog(logger);
    const send = sender({
      bus: this.bus,
      settings,
      ackTimeoutMs: this.#options.ackTimeoutMs,
      ensureStreams: this.#options.ensureStreams,
      outages: this.outages,
      recorder: this.recorder,
      onDead: (row, error) => dead.add(row, error),
    });
    const batch = new Batch(this.#ended ? [] : claim.rows, send, before);
    this.#open.add(batch);
    const late = this.bus.clock.setTimer(() => batch.close(), BATCH_MS);
    const ended = batch.outcome.then((outcome) => claim.settle(outcome)).then(
      () => dead.write(),
      (error) => this.#onDatabaseFailure(error), // sent rows are sent again, with the same message id
    ).finally(() => {
      late.cancel();
      this.#open.delete(batch);
      opened.isOpen = false;
    });
    const opened: OpenBatch = { batch, ended, isOpen: true };
    return opened;
  }

  /** Waits until the bus is connected and the streams exist; `false` when the relay has to end. */
  async #isReady(): Promise<boolean> {
    while (!this.#ended) {
      if (!this.bus.connected) {
        if (this.#stopping) return false;
        await this.#changed.promise;
      } else if (this.#streamsReady) return true;
      else await this.#ensureStreams().catch((error) => this.#onStreamsFailure(error));
    }
    return false;
  }

  async #ensureStreams(): Promise<void> {
    await ensureStreams(this.bus);
    this.#streamsReady = true;
  }

  async #onStreamsFailure(error: unknown): Promise<void> {
    if (this.#stopping) this.#ended = true;
    this.#scope.logger.warn("The outbox cannot ensure the streams, and tries again", { error });
    await this.#wait(STREAMS_RETRY_MS);
  }

  #onDatabaseFailure(error: unknown): void {
    if (this.#databaseFailures++ > 0 || this.#ended) return;
    this.#scope.logger.warn("The outbox cannot read its table, and tries again", { error });
  }

  #onState(state: BusState): void {
    if (state.type === "closed" && !this.#stopping) {
      this.#abandon();
      this.#onEnd(state.error ?? new Error("The bus was closed"));
    }
    if (state.type === "connected") this.outages.retry();
    this.wake();
    this.#change();
  }

  /** Ends at once, without waiting for batches in flight. */
  #abandon(): void {
    this.#ended = true;
    for (const batch of this.#open) batch.abandon();
    this.#pollTimer.stop();
    this.#change();
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Waits for `ms` milliseconds, or until the state changes. */
  async #wait(ms: number): Promise<void> {
    const elapsed = Promise.withResolvers<void>();
    const timer = this.bus.clock.setTimer(elapsed.resolve, ms);
    await Promise.race([elapsed.promise, this.#changed.promise]);
    timer.cancel();
  }

  #cleanUpLater(): void {
    if (this.#stopping || this.#ended) return;
    const [least, most] = CLEAN_UP_MS;
    const ms = Math.min(most, Math.max(least, this.#scope.settings.retentionMs / 10));
    this.#cleaning = this.bus.clock.setTimer(() => {
      // When it fails, claims fail as well, and log it.
      void this.#scope.store.cleanUp().catch(() => {}).then(() => this.#cleanUpLater());
    }, ms * (0.75 + Math.random() / 2));
  }
}
