import type * as z from "zod";

interface Issue {
  readonly code?: string | undefined;
  readonly expected?: unknown;
  readonly path: readonly PropertyKey[];
  /** Of a union, those of each member. */
  readonly errors?: readonly (readonly Issue[])[];
}

/**
 * Validates what was read from JSON. JSON has one kind of number: an integer is a bigint where the schema wants one, however
 * small it is. One beyond 2^53 is a bigint already, and fits nothing else.
 */
export function parseIntegers<Out, In>(
  schema: z.ZodType<Out, In>,
  value: unknown,
): z.ZodSafeParseResult<Out> {
  const first = schema.safeParse(value);
  if (first.success) return first;
  const paths = bigintPaths(first.error.issues as readonly Issue[]);
  if (paths.length === 0) return first;
  let converted = value;
  for (const path of paths) converted = withBigint(converted, path);
  return schema.safeParse(converted);
}

/** Where a bigint was expected. */
function bigintPaths(issues: readonly Issue[], base: readonly PropertyKey[] = []): PropertyKey[][] {
  return issues.flatMap(({ code, expected, path, errors = [] }) => {
    const here = [...base, ...path];
    if (code === "invalid_type" && expected === "bigint") return [here];
    return errors.flatMap((each) => bigintPaths(each, here));
  });
}

/** A copy of `value` whose integer at `path` is a bigint. */
function withBigint(value: unknown, path: readonly PropertyKey[]): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return Number.isSafeInteger(value) ? BigInt(value as number) : value;
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return value;
  const copy: Record<PropertyKey, unknown> = (Array.isArray(value) ? [...value] : { ...value }) as never;
  copy[key] = withBigint(copy[key], rest);
  return copy;
}
