import { defineEvent, type EventContract } from "@glam/shared/messaging";
import * as z from "zod";

/** An event of a key: its steps are numbered from 1. */
export const Stepped: EventContract<{ key: string; n: number }> = defineEvent(
  "evt.test.stepped.v1",
  z.object({ key: z.string(), n: z.int() }),
  { partitions: 16, keyOf: (data) => data.key },
);
