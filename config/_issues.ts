import type * as z from "zod";
import type { ConfigProblem } from "../errors/config_error.ts";
import { shorten } from "../errors/validation_errors.ts";
import { hasPath, type Layer, sourceOf } from "./_config_layer.ts";

type Issue = z.core.$ZodIssue;

/** What the problems of a value are told with. */
export interface IssueContext {
  readonly layers: readonly Layer[];
  /** What was validated. */
  readonly value: unknown;
  /** Whether what is missing may be in a file that could not be read. */
  readonly isPartial: boolean;
  /** The paths of which a problem is told already. */
  readonly told: ReadonlySet<string>;
  /** How to set the value at a path, where nobody does. */
  howToSet(path: readonly string[]): string;
}

/** What Zod found, each with the source of the value. */
export function toProblems(issues: readonly Issue[], context: IssueContext): ConfigProblem[] {
  return issues.flatMap((issue) => flatten(issue, [])).flatMap(({ path, message }) => {
    const at = path.join(".");
    const told = { path: shorten(at), message: shorten(message) };
    if (hasPath(context.value, path)) return [{ ...told, source: sourceOf(context.layers, path) }];
    if (context.isPartial || context.told.has(at)) return [];
    return [{ ...told, message: `nothing sets it, ${told.message}; ${context.howToSet(path)}` }];
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

/** What all options wanted, where none got further than the kind of value; else the problems of the one that did. */
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
    .replace("expected nonoptional", "expected a value");
}
