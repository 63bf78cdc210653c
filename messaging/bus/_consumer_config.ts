import type { MessageBusError } from "../../errors/infrastructure.ts";
import { assertWhole } from "../../internal/assert_number.ts";
import { busError } from "./_bus_error.ts";
import { isFilter } from "../contract/_subject.ts";
import type { ConsumerConfig, FullConsumerConfig } from "./consumer.ts";

const NAME = /^[A-Za-z0-9_-]+$/;

/** Fills in the defaults. */
export function fullConsumerConfig(config: ConsumerConfig): FullConsumerConfig {
  const { stream, name, filterSubject, deliver = "all", ackWaitMs = 30_000, maxAckPending = 20_000 } = config;
  return { stream, name, filterSubject, deliver, ackWaitMs, maxAckPending };
}

/**
 * Checks a consumer configuration.
 *
 * @throws {TypeError} when a name or a subject is malformed.
 * @throws {RangeError} when a number is out of range.
 */
export function assertConsumerConfig(config: ConsumerConfig): void {
  const { name, filterSubject, ackWaitMs = 1, maxAckPending = 1, deliver = "all" } = config;
  if (!NAME.test(name)) {
    throw new TypeError(`Expected \`name\` to be letters, digits, _ and -, got ${JSON.stringify(name)}`);
  }
  if (!isFilter(filterSubject)) {
    throw new TypeError(`Expected \`filterSubject\` to be a subject, got ${JSON.stringify(filterSubject)}`);
  }
  if (!(ackWaitMs > 0)) throw new RangeError(`Expected \`ackWaitMs\` to be more than 0, got ${ackWaitMs}`);
  assertWhole("maxAckPending", maxAckPending, 1);
  if (deliver !== "all") assertWhole("startSequence", deliver.startSequence, 1);
}

/** Describes how a consumer differs from the wanted configuration. `deliver` is not compared: it matters at creation only. */
export function consumerDrift(actual: ConsumerConfig, wanted: ConsumerConfig): string[] {
  const [is, want] = [fullConsumerConfig(actual), fullConsumerConfig(wanted)];
  const differ = (key: keyof ConsumerConfig, name: string) =>
    is[key] === want[key] ? [] : [`${name} is ${String(is[key])}, expected ${String(want[key])}`];
  return [
    ...differ("filterSubject", "filter_subject"),
    ...differ("ackWaitMs", "ack_wait in ms"),
    ...differ("maxAckPending", "max_ack_pending"),
  ];
}

/** How many former ack waits a consumer remembers. */
const MAX_FORMER = 8;

const FORMER = /(?:^|; )ack_wait was ([\d, ]+) ms$/;

/** The ack waits that a consumer had before it was repaired, as its description has them. */
export function formerAckWaits(description: string | undefined): number[] {
  return FORMER.exec(description ?? "")?.[1]?.split(", ").map(Number) ?? [];
}

/** The description of a consumer whose ack wait becomes another one, for who expects the former. */
export function withFormerAckWait(description: string | undefined, former: number, next: number): string {
  const known = [former, ...formerAckWaits(description)].filter((ms) => ms !== next);
  const all = [...new Set(known)].slice(0, MAX_FORMER).join(", ");
  return [description?.replace(FORMER, ""), all && `ack_wait was ${all} ms`].filter(Boolean).join("; ");
}

/**
 * Whether a consumer differs in nothing but its ack wait, and had the wanted one before it was repaired: a version of the
 * service from before may go on, or come back, without undoing that.
 */
export function isFormer(
  drift: readonly string[],
  { ackWaitMs }: FullConsumerConfig,
  former: readonly number[],
): boolean {
  return drift.length === 1 && drift[0]!.startsWith("ack_wait ") && former.includes(ackWaitMs);
}

/** The error for an existing consumer with another configuration. */
export function mismatch({ stream, name }: ConsumerConfig, drift: readonly string[]): MessageBusError {
  const message = `Cannot bind to the consumer ${name} of ${stream}: ${drift.join("; ")}. ` +
    "Another version of the service may rely on it; start with `repair: true` to change it";
  return busError("consumer_mismatch", message, { operation: "bind_consumer", stream });
}
