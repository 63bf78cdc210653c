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

/** The details of a `ValidationError` for issues: the list, and how many entries it leaves out. */
export type ValidationDetails = {
  readonly validation_errors: readonly ValidationIssue[];
  /** Entries that are not in the list; absent where all are. */
  readonly omitted_errors?: number;
};

const MAX_ENTRIES = 100;
const MAX_LIST_BYTES = 64 * 1024;
const MAX_TEXT_LENGTH = 256;

/**
 * The `validation_errors` of Zod issues: one entry for each issue, and one for each unknown key. A `prefix` names the part
 * of a request that they are about: `body`, `query`, `path` or `header`.
 *
 * The list has at most 100 entries and 64 KiB as JSON; `field`, `message` and `type` have at most 256 characters, of which
 * the last is `…` where a text was cut. Keys that a client chose are part of a path, so without a limit a small request
 * gets a large answer.
 */
export function validationErrors(issues: readonly IssueLike[], prefix?: string): ValidationIssue[] {
  return limitList(allErrors(issues, prefix));
}

/** The first 100 entries of a list, or as many of them as have 64 KiB as JSON. */
export function limitList<T>(entries: Iterable<T>): T[] {
  const kept: T[] = [];
  let bytes = 2;
  for (const entry of entries) {
    bytes += encoder.encode(JSON.stringify(entry)).length + 1;
    if (bytes > MAX_LIST_BYTES) break;
    kept.push(entry);
    if (kept.length === MAX_ENTRIES) break;
  }
  return kept;
}

const encoder = new TextEncoder();

/** The details of a `ValidationError` for Zod issues: {@link validationErrors}, and how many it leaves out. */
export function validationDetails(issues: readonly IssueLike[], prefix?: string): ValidationDetails {
  const validation_errors = validationErrors(issues, prefix);
  const total = issues.reduce((sum, issue) => sum + (unknownKeys(issue)?.length ?? 1), 0);
  const omitted = total - validation_errors.length;
  return { validation_errors, ...(omitted > 0 && { omitted_errors: omitted }) };
}

/** One entry after the other, so that those beyond the limits are never made. */
function* allErrors(issues: readonly IssueLike[], prefix: string | undefined): Generator<ValidationIssue> {
  for (const issue of issues) {
    const { code, path = [], message } = issue;
    const type = typeof code === "string" ? shorten(code) : "custom";
    const start = prefix ? [prefix] : [];
    const keys = unknownKeys(issue);
    if (keys === undefined) {
      yield { field: joinPath(start, path), message: shorten(String(message)), type };
      continue;
    }
    for (const key of keys) {
      const name = JSON.stringify(shorten(String(key)));
      yield { field: joinPath(start, path, [key]), message: shorten(`Unrecognized key: ${name}`), type };
    }
  }
}

function unknownKeys({ code, keys }: IssueLike): readonly unknown[] | undefined {
  return code === "unrecognized_keys" && Array.isArray(keys) ? keys : undefined;
}

/** `body.items.0.name`; reads no more of the members than fit. */
function joinPath(...paths: readonly (readonly unknown[])[]): string {
  let field: string | undefined;
  for (const path of paths) {
    for (const member of path) {
      const name = String(member).slice(0, MAX_TEXT_LENGTH + 1);
      field = field === undefined ? name : `${field}.${name}`;
      if (field.length > MAX_TEXT_LENGTH) return shorten(field);
    }
  }
  return field ?? "";
}

/** At most 256 characters of a text; no character is cut in half. */
export function shorten(text: string): string {
  if (text.length <= MAX_TEXT_LENGTH) return text;
  return text.slice(0, MAX_TEXT_LENGTH - 1).replace(/[\ud800-\udbff]$/, "") + "…";
}
