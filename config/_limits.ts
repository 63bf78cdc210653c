import { isConfigMap } from "./deep_merge.ts";

/** The deepest nesting of maps and lists: far below what overflows the stack of the recursive functions here. */
export const MAX_DEPTH = 100;
/** The most values that a document may have when every alias is expanded. A configuration has a few hundred. */
export const MAX_VALUES = 20_000;
/** The most characters that variables of a `.env` file may add by expansion. */
export const MAX_EXPANSION: number = 1024 * 1024;
/** The most bytes of a file. */
export const MAX_FILE_BYTES: number = 10 * 1024 * 1024;

export const TOO_DEEP: string = `it is nested more than ${MAX_DEPTH} deep`;

/** Why a value of a parser or binding cannot be used: it contains itself, or is nested too deep, or too large. */
export function limitProblem(value: unknown): string | undefined {
  // An object that is in many places, as aliases make it, is counted in each of them, but visited once.
  const sizes = new Map<object, number>();
  const open = new Set<object>();

  function sizeOf(value: unknown, depth: number): number {
    const members = Array.isArray(value) ? value : isConfigMap(value) ? Object.values(value) : undefined;
    if (members === undefined) return 1;
    const container = value as object;
    if (open.has(container)) throw new LimitError("an alias contains itself");
    const known = sizes.get(container);
    if (known !== undefined) return known;
    if (depth > MAX_DEPTH) throw new LimitError(TOO_DEEP);
    open.add(container);
    let size = 1;
    for (const member of members) {
      size += sizeOf(member, depth + 1);
      if (size > MAX_VALUES) throw new LimitError(`aliases make more than ${MAX_VALUES} values of it`);
    }
    open.delete(container);
    sizes.set(container, size);
    return size;
  }

  try {
    sizeOf(value, 0);
    return undefined;
  } catch (error) {
    if (error instanceof LimitError) return error.message;
    throw error;
  }
}

/** Thrown to end the recursion. */
class LimitError extends Error {}
