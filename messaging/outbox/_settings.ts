import { assertWhole } from "../../internal/assert_number.ts";
import { MAX_TIMER_MS } from "../../internal/clock.ts";
import type { LoggerLike } from "../../logging/logger.ts";
import { toStructured } from "../../logging/structured_logger.ts";
import type { Metrics } from "../../metrics/create_metrics.ts";
import { assertServiceName } from "../publisher/_service_name.ts";
import type { OutboxOptions, RelayOptions } from "./options.ts";

/** Validated options of an outbox, with defaults. */
export interface OutboxSettings {
  readonly service: string;
  readonly table: string;
  readonly schema: string | undefined;
  readonly maxAttempts: number;
  readonly backoffMs: readonly number[];
  readonly batchSize: number;
  readonly pollMs: number;
  readonly retentionMs: number;
  readonly maxMessageBytes: number | undefined;
  readonly metrics: Metrics | undefined;
  readonly logger: LoggerLike | undefined;
}

/** Validated options of a relay, with defaults. */
export interface RelaySettings {
  readonly graceMs: number;
  readonly ackTimeoutMs: number;
  readonly ensureStreams: boolean;
  readonly listen: boolean;
  readonly degradedAfterMs: number;
}

/** Largest `max_payload` that nats-server accepts. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/** Validates the options of an outbox, and fills in defaults. */
export function toOutboxSettings(options: OutboxOptions): OutboxSettings {
  const { service, table = "glam_outbox", schema, maxAttempts = 10, metrics, logger } = options;
  const { backoffMs = [1000, 5000, 15_000, 60_000], batchSize = 500, pollMs = 1000 } = options;
  const { retentionMs = 3_600_000, maxMessageBytes } = options;
  assertServiceName(service);
  assertName("table", table);
  if (schema !== undefined) assertName("schema", schema);
  assertWhole("maxAttempts", maxAttempts, 1, 1000);
  if (!Array.isArray(backoffMs) || backoffMs.length === 0) {
    throw new RangeError(`Expected \`backoffMs\` to be a list of delays, got ${JSON.stringify(backoffMs)}`);
  }
  backoffMs.forEach((delay, i) => assertWhole(`backoffMs[${i}]`, delay, 0, MAX_TIMER_MS / 2));
  assertWhole("batchSize", batchSize, 1, 10_000);
  assertWhole("pollMs", pollMs, 10, MAX_TIMER_MS);
  assertWhole("retentionMs", retentionMs, 0);
  if (maxMessageBytes !== undefined) assertWhole("maxMessageBytes", maxMessageBytes, 1, MAX_MESSAGE_BYTES);
  return {
    service,
    table,
    schema,
    maxAttempts,
    backoffMs: [...backoffMs],
    batchSize,
    pollMs,
    retentionMs,
    maxMessageBytes,
    metrics,
    logger: toStructured(logger),
  };
}

/** Validates the options of a relay, and fills in defaults. */
export function toRelaySettings(options: RelayOptions): RelaySettings {
  const { graceMs = 3000, ackTimeoutMs = 5000, ensureStreams = true, listen = true } = options;
  const { degradedAfterMs = 60_000 } = options;
  assertWhole("graceMs", graceMs, 0, MAX_TIMER_MS);
  assertWhole("ackTimeoutMs", ackTimeoutMs, 1, MAX_TIMER_MS);
  assertWhole("degradedAfterMs", degradedAfterMs, 1);
  assertFlag("ensureStreams", ensureStreams);
  assertFlag("listen", listen);
  return { graceMs, ackTimeoutMs, ensureStreams, listen, degradedAfterMs };
}

function assertFlag(name: string, value: unknown): void {
  if (typeof value === "boolean") return;
  throw new TypeError(`Expected \`${name}\` to be true or false, got ${JSON.stringify(value)}`);
}

function assertName(name: string, value: unknown): void {
  if (typeof value === "string" && /^[^.\0]+$/.test(value) && UTF8.encode(value).length <= 63) return;
  throw new RangeError(
    `Expected \`${name}\` to be a name of 1 to 63 bytes without a dot, got ${JSON.stringify(value)}`,
  );
}

const UTF8 = new TextEncoder();
