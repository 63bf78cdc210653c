import type { input, output, ZodType } from "zod";
import { MAX_PARTITIONS, MIN_PARTITIONS } from "./_partition.ts";
import { isEventSubject } from "./_subject.ts";

/** The contract of an event: its subject and the schema of its data. */
export interface EventContract<Data = unknown, Input = Data, Subject extends string = string> {
  /** Subject that it is published to; with `partitions`, without its last token, that of the partition. */
  readonly subject: Subject;
  /** Version of the schema: the number of the subject's last token (`.v2`), 1 where it has none. */
  readonly version: number;
  /** Schema of `data`. */
  readonly schema: ZodType<Data, Input>;
  /** Title in one line, for documents. */
  readonly title?: string | undefined;
  /** When the event is published and what it means, for documents. */
  readonly description?: string | undefined;
  /** Example data, for documents. */
  readonly examples?: readonly Input[] | undefined;
  /** How many partitions its subject has; `undefined` where it has none. */
  readonly partitions?: number | undefined;
  /** Returns the key of an event, which decides on its partition. */
  keyOf?(data: Data): number | string;
}

/** Any contract that {@link defineEvent} returns. */
// deno-lint-ignore no-explicit-any
export type AnyEventContract = EventContract<any, any, string>;

/** `Data` as a publisher passes them: members with a default, named by `Keys`, are optional. */
export type WithDefaults<Data, Keys extends keyof Data> =
  & Omit<Data, Keys>
  & { readonly [Key in Keys]?: Data[Key] | undefined };

/** Options of {@link defineEvent}. */
export interface EventOptions<Input> {
  /** Title in one line, for documents. */
  readonly title?: string | undefined;
  /** When the event is published and what it means, for documents. */
  readonly description?: string | undefined;
  /** Example data, for documents such as that of `asyncapi()`. */
  readonly examples?: readonly Input[] | undefined;
}

/**
 * Options of {@link defineEvent} for an event whose keys are handled in order, across all replicas of a listener; see
 * `docs/partitions.md`.
 */
export interface PartitionOptions<Data> {
  /**
   * Number of partitions, from 2 to 256: how many keys can be handled at a time. It is a part of the contract, and hard to
   * change; 16 serves most events.
   */
  readonly partitions: number;
  /**
   * Returns the key of an event: a finite number, or a text with a character. Events with the same key are handled one after
   * another, in the order in which the stream has them.
   */
  keyOf(data: Data): number | string;
}

/** An event without partitions: neither option of {@link PartitionOptions} is given. */
export interface NoPartitions {
  /** Not given. */
  readonly partitions?: undefined;
  /** Not given. */
  readonly keyOf?: undefined;
}

/** Options of {@link defineEvent}: {@link EventOptions}, with {@link PartitionOptions} or without. */
export type DefineEventOptions<Data, Input> = EventOptions<Input> & (NoPartitions | PartitionOptions<Data>);

/**
 * Defines an event (`evt.*`, something has happened) or a command (`cmd.*`, something is to be done): one contract for
 * the publisher, the listener and the AsyncAPI document.
 *
 * Data are validated when they are published and again when they are consumed. The output of the schema is what is sent, so
 * the schema must accept its own output. The last token of a subject is the version of its schema; a breaking change
 * needs a new subject. Use `z.looseObject()` so that later versions may add fields, and `z.guid()` for foreign ids.
 *
 * @example
 * ```ts
 * import { defineEvent } from "@glam/shared/messaging";
 * import * as z from "zod";
 *
 * const OrderPlaced = defineEvent("evt.shop.order.placed.v1", z.object({ orderId: z.guid(), total: z.int() }));
 * console.log(OrderPlaced.version); // 1
 * ```
 *
 * @throws {TypeError} when the subject does not start with `evt.` or `cmd.`, or has wildcards or white space, or one of
 * `partitions` and `keyOf` is given without the other.
 * @throws {RangeError} when `partitions` is not a whole number from 2 to 256.
 */
export function defineEvent<Schema extends ZodType, const Subject extends string>(
  subject: Subject,
  schema: Schema,
  options: DefineEventOptions<output<Schema>, input<Schema>> = {},
): EventContract<output<Schema>, input<Schema>, Subject> {
  if (!isEventSubject(subject)) {
    throw new TypeError(
      `Expected \`subject\` to be evt.<...> or cmd.<...> without wildcards, got ${JSON.stringify(subject)}`,
    );
  }
  const { title, description, examples, partitions, keyOf } = options;
  assertPartitions(partitions, keyOf);
  const version = Number(/\.v(\d+)$/.exec(subject)?.[1] ?? 1);
  return {
    subject,
    version,
    schema: schema as unknown as ZodType<output<Schema>, input<Schema>>,
    title,
    description,
    examples,
    ...partitions !== undefined && { partitions, keyOf },
  };
}

function assertPartitions(partitions: unknown, keyOf: unknown): void {
  if (partitions === undefined && keyOf === undefined) return;
  if (partitions === undefined || typeof keyOf !== "function") {
    throw new TypeError(
      `Expected \`partitions\` and a function \`keyOf\` together, got ${typeof partitions} and ${typeof keyOf}`,
    );
  }
  if (
    typeof partitions !== "number" || !Number.isInteger(partitions) ||
    partitions < MIN_PARTITIONS || partitions > MAX_PARTITIONS
  ) {
    const range = `from ${MIN_PARTITIONS} to ${MAX_PARTITIONS}`;
    throw new RangeError(
      `Expected \`partitions\` to be a whole number ${range}, got ${String(partitions)}`,
    );
  }
}
