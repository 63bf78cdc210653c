import type * as z from "zod";
import type { ConfigProblem } from "../errors/config_error.ts";
import { shorten } from "../errors/validation_errors.ts";
import { hasPath, type Layer, sourceOf } from "./_config_layer.ts";

type Issue = z.core.$ZodIssue;

/** What is needed to turn the issues of Zod into problems. */
export interface IssueContext {
  readonly layers: readonly Layer[];
  /** The value that was validated. */
  readonly value: unknown;
  /** Whether a source could not be read, so that a missing value may be set there. */
  readonly isPartial: boolean;
  /** The paths that have a problem already. */
  readonly reported: ReadonlySet<string>;
  /** Says how to set the value at a path. */
  howToSet(path: readonly string[]): string;
}

/** The issues of Zod as problems, each with the source of its value. */
export function toProblems(issues: readonly Issue[], context: IssueContext): ConfigProblem[] {
  return issues.flatMap((issue) => flatten(issue, [])).flatMap(({ path, message }) => {
    const at = path.join(".");
    const shown = { path: shorten(at), message: shorten(message) };
    if (hasPath(context.value, path)) return [{ ...shown, source: sourceOf(context.layers, path) }];
    if (context.isPartial || context.reported.has(at)) return [];
    return [{ ...shown, message: `nothing sets it, ${shown.message}; ${context.howToSet(path)}` }];
  });
}

interface Flat {
  readonly path: readonly string[];
  readonly message: string;
}

function flatten(issue: Issue, parent: readonly string[]): Flat[] {
  const path = [...parent, ...issue.path.map(String)];
  if (issue.code === "invalid_union" && issue.errors.length > 0) return flattenUnion(issue.errors, path);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: [...path, key], message: "unknown key" }));
  }
  if (issue.code === "invalid_key" || issue.code === "invalid_element") {
    return issue.issues.flatMap((each) => flatten(each, path));
  }
  return [{ path, message: describe(issue.message) }];
}

/**
 * The problems of the option whose type fits the value; where several do, of the one with the fewest problems. Where none
 * does, one problem that names the types of all options.
 */
function flattenUnion(options: readonly (readonly Issue[])[], path: readonly string[]): Flat[] {
  const flat = options.map((issues) => issues.flatMap((issue) => flatten(issue, path)));
  const deeper = flat.filter((found) => found.every((each) => each.path.length > path.length));
  const [best] = deeper.toSorted((a, b) => a.length - b.length);
  if (best !== undefined) return best;
  const wanted = new Set(
    flat.flat().filter((each) => each.path.length === path.length)
      .map(({ message }) => message.replace(/^expected (?:one of )?/, "").replace(/, received.*$/, "")),
  );
  return [{ path, message: `expected ${[...wanted].join(" or ")}` }];
}

/** `Invalid input: expected number, received string` as `expected number, received string`. */
function describe(message: string): string {
  return message.replace(/^Invalid (?:input|option): /, "").replace(/, received undefined$/, "")
    .replace("expected nonoptional", "expected a value")
    .replace(
      /^expected (?:number|int), received bigint$/,
      "expected a number, received an integer beyond 2^53, which is exact only as z.bigint() or in quotes as a text",
    );
}
