import * as z from "zod";
import { markCodec, type TextCodec } from "./_codec_mark.ts";

/**
 * A `bigint` that travels as text of decimal digits, since JSON numbers are exact only up to 2^53.
 *
 * @example
 * ```ts
 * import { bigintText } from "@glam/shared/contract";
 *
 * console.log(bigintText().parse("9007199254740993")); // 9007199254740993n
 * ```
 */
export function bigintText(): TextCodec<bigint> {
  return markCodec(
    z.codec(z.string().regex(/^-?[0-9]{1,1000}$/), z.bigint(), { decode: BigInt, encode: String }),
    "bigint",
  );
}
