import { defineEvent, type EventContract } from "@glam/shared/messaging";
import * as z from "zod";

/** What both events carry. */
export type Data = { key: string; n: number };

const schema = z.object({ key: z.string(), n: z.int() });

/** An event with partitions. */
export const Keyed: EventContract<Data> = defineEvent("evt.bench.keyed.v1", schema, {
  partitions: 16,
  keyOf: (data) => data.key,
});
/** The same without. */
export const Plain: EventContract<Data> = defineEvent("evt.bench.plain.v1", schema);
