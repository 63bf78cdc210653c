import * as z from "zod";
import { assertWhole } from "../internal/assert_number.ts";

/** Options of {@link file}. */
export interface FileOptions {
  /**
   * Bytes that the file may have at most; a larger one is answered 413.
   * @default 1048576
   */
  readonly maxBytes?: number | undefined;
  /**
   * Media types that are taken, such as `image/png` or `image/*`; another one is answered 415.
   * @default every type
   */
  readonly types?: readonly string[] | undefined;
}

/** What a form's file must be like. */
export interface FileRule {
  readonly maxBytes: number;
  readonly types: readonly string[] | undefined;
}

const RULE = Symbol.for("@glam/shared.contract.file");
const MEDIA_TYPE = /^[a-z0-9!#$&^_.+-]+\/(?:\*|[a-z0-9!#$&^_.+-]+)$/;

/**
 * A file of a form. In a list (`z.array(file())`) each file is checked.
 *
 * @throws {RangeError} when `maxBytes` is not a whole number from 1.
 * @throws {TypeError} when one of `types` is no media type.
 */
export function file(options: FileOptions = {}): z.ZodType<File, File> {
  const { maxBytes = 1024 * 1024, types } = options;
  assertWhole("maxBytes", maxBytes, 1);
  for (const type of types ?? []) {
    if (!MEDIA_TYPE.test(type)) {
      throw new TypeError(`Expected \`types\` to be media types in lower case, got ${JSON.stringify(type)}`);
    }
  }
  const schema = z.file();
  (schema._zod.def as { [RULE]?: FileRule })[RULE] = { maxBytes, types };
  return schema;
}

/** The rule of a schema that {@link file} made. */
export function fileRuleOf(def: object): FileRule | undefined {
  return (def as { [RULE]?: FileRule })[RULE];
}

/** Whether a file's media type is among these. */
export function isTypeAllowed(type: string, { types }: FileRule): boolean {
  if (types === undefined) return true;
  const media = type.split(";")[0]!.trim().toLowerCase();
  return types.some((each) => each.endsWith("/*") ? media.startsWith(each.slice(0, -1)) : each === media);
}
