/**
 * The extent of long tests, which repeat kills, load or hostile requests.
 *
 * `deno task test` runs them whole on one runtime and short on the others, because what they prove beyond a few rounds is
 * the same everywhere; a file that is run by itself goes the whole way.
 *
 * @module
 */
import process from "node:process";

/** The values for the whole and the short extent. */
export interface Extents<T> {
  readonly whole: T;
  readonly short: T;
}

/** The value for the extent of this run. */
export function byExtent<T>({ whole, short }: Extents<T>): T {
  return process.env["GLAM_TEST_EXTENT"] === "short" ? short : whole;
}
