/**
 * How far the long tests go: those that repeat kills, load or hostile requests.
 *
 * `deno task test` runs them whole on one runtime and short on the others, because what they prove beyond a few rounds is
 * the same everywhere; a file that is run by itself goes the whole way.
 *
 * @module
 */
import process from "node:process";

/** What a long test does the whole way, and what it does the short way. */
export interface Extents<T> {
  readonly whole: T;
  readonly short: T;
}

/** The one of two values that fits how far this run goes. */
export function byExtent<T>({ whole, short }: Extents<T>): T {
  return process.env["GLAM_TEST_EXTENT"] === "short" ? short : whole;
}
