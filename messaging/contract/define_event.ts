import type { input, output, ZodType } from "zod";
import { isSubject } from "./_subject.ts";

/** What an event is called and what it carries. */
export interface EventContract<Data = unknown, Input = Data, Subject extends string = string> {
  /** Subject it is published to. */
  readonly subject: Subject;
  /** Version of the schema: the number at the end of the subject, 1 where there is none. */
  readonly version: number;
  /** Schema of `data`. */
  readonly schema: ZodType<Data, Input>;
  /** One line for people. */
  readonly title?: string | undefined;
  /** When it is published and what it means. */
  readonly description?: string | undefined;
  /** Data as they may be. */
  readonly examples?: readonly Input[] | undefined;
}

/** Any contract that {@link defineEvent} makes. */
// deno-lint-ignore no-explicit-any
export type AnyEventContract = EventContract<any, any, string>;

/** `Data` as a publisher gives them: what has a default may be left out. */
export type WithDefaults<Data, Keys extends keyof Data> =
  & Omit<Data, Keys>
  & { readonly [Key in Keys]?: Data[Key] | undefined };

/** Options of {@link defineEvent}. */
export interface EventOptions<Input> {
  /** One line for people. */
  readonly title?: string | undefined;
  /** When it is published and what it means. */
  readonly description?: string | undefined;
  /** Data as they may be, for the document that `asyncapi()` makes. */
  readonly examples?: readonly Input[] | undefined;
}

/**
 * Defines an event (`evt.*`, something has happened) or a command (`cmd.*`, something is to be done): one contract for
 * the publisher, the listener and the AsyncAPI document.
 *
 * Data are validated when they are published and when they are consumed, and what the schema gives is what is sent; so
 * it has to accept what it gives. A subject ends in the version of its schema; a change that breaks consumers is a new
 * subject. Take `z.looseObject()` where later versions may add fields, `z.guid()` for ids that others made.
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
 * @throws {TypeError} when the subject is not of `evt.` or `cmd.`, or has wildcards or white space.
 */
export function defineEvent<Schema extends ZodType, const Subject extends string>(
  subject: Subject,
  schema: Schema,
  options: EventOptions<input<Schema>> = {},
): EventContract<output<Schema>, input<Schema>, Subject> {
  if (!/^(evt|cmd)\./.test(subject) || !isSubject(subject)) {
    throw new TypeError(
      `Expected \`subject\` to be evt.<...> or cmd.<...> without wildcards, got ${JSON.stringify(subject)}`,
    );
  }
  const { title, description, examples } = options;
  const version = Number(/\.v(\d+)$/.exec(subject)?.[1] ?? 1);
  return {
    subject,
    version,
    schema: schema as unknown as ZodType<output<Schema>, input<Schema>>,
    title,
    description,
    examples,
  };
}
