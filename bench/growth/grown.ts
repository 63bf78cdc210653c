import { defineEvent, type EventContract } from "@glam/shared/messaging";
import * as z from "zod";

/** What the events of `bench/growth.ts` say. */
export interface Growth {
  readonly id: number;
  readonly text: string;
}

/** The event of `bench/growth.ts`: about 400 bytes with its envelope. */
export const Grown: EventContract<Growth, Growth> = defineEvent(
  "evt.bench.grown.v1",
  z.object({ id: z.int(), text: z.string() }),
);

/** So many of them. */
export function* growths(count: number): Generator<Growth> {
  const text = "x".repeat(120);
  for (let id = 0; id < count; id++) yield { id, text };
}
