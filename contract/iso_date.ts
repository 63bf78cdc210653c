import * as z from "zod";
import { markCodec, type TextCodec } from "./_codec_mark.ts";

export type { TextCodec } from "./_codec_mark.ts";

/**
 * A `Date` that travels as ISO 8601 text. Read is any text with a time zone, written is UTC with milliseconds, as
 * `toISOString` has it.
 *
 * @example
 * ```ts
 * import { isoDate } from "@glam/shared/contract";
 * import * as z from "zod";
 *
 * const Item = z.object({ name: z.string(), created_at: isoDate() });
 * console.log(Item.parse({ name: "Lipstick", created_at: "2026-01-02T03:04:05Z" }).created_at.getUTCHours()); // 3
 * ```
 */
export function isoDate(): TextCodec<Date> {
  return markCodec(
    z.codec(z.iso.datetime({ offset: true }), z.date(), {
      decode: (text) => new Date(text),
      encode: (date) => date.toISOString(),
    }),
    "date",
  );
}
