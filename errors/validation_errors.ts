/** One rule that the given data break. */
export interface ValidationIssue {
  /** Where: `body.items.0.name`. */
  readonly field: string;
  /** One sentence for people. */
  readonly message: string;
  /** Code of the rule, as Zod names it: `too_small`. */
  readonly type: string;
}

/** What is read of a Zod issue. */
export interface IssueLike {
  /** Code of the rule. */
  readonly code?: unknown;
  /** The members that lead to the value. */
  readonly path?: readonly unknown[] | undefined;
  /** One sentence for people. */
  readonly message: string;
  /** Names that are not known, of an `unrecognized_keys` issue. */
  readonly keys?: unknown;
}

/**
 * The `validation_errors` of these Zod issues: one for each, and one for each unknown key. A `prefix` says which part
 * of a request they are about: `body`, `query`, `path` or `header`.
 */
export function validationErrors(issues: readonly IssueLike[], prefix?: string): ValidationIssue[] {
  return issues.flatMap(({ code, path = [], message, keys }) => {
    const type = typeof code === "string" ? code : "custom";
    const at = (...more: unknown[]) => [...prefix ? [prefix] : [], ...path, ...more].map(String).join(".");
    if (type !== "unrecognized_keys" || !Array.isArray(keys)) return [{ field: at(), message, type }];
    return keys.map((key) => ({
      field: at(key),
      message: `Unrecognized key: ${JSON.stringify(String(key))}`,
      type,
    }));
  });
}
