/** Operation and table of a statement, from a bounded set of words, for metrics and spans. */
export interface StatementLabel {
  readonly operation: string;
  /** Empty if it is not known. */
  readonly table: string;
}

const OPERATIONS: ReadonlySet<string> = new Set([
  "ALTER",
  "BEGIN",
  "CALL",
  "CREATE",
  "DELETE",
  "DROP",
  "INSERT",
  "MERGE",
  "SELECT",
  "SET",
  "TRUNCATE",
  "UPDATE",
  "WITH",
]);

const TABLE = /\b(?:from|into|update)\s+(?:only\s+)?(?:"?\w+"?\.)?"?([a-z_]\w{0,62})"?/i;
const UNKNOWN = "";

const labels = new WeakMap<object, StatementLabel>();

/**
 * The label of a tagged template, computed once for each place in the code. Texts of `unsafe` have no table, because
 * texts that are made at run time would make the number of tables unbounded.
 */
export function labelOf(strings: readonly string[]): StatementLabel {
  if (!Object.hasOwn(strings, "raw")) return { operation: operationOf(strings[0] ?? ""), table: UNKNOWN };
  let label = labels.get(strings);
  if (label === undefined) {
    const text = strings.join("?");
    label = { operation: operationOf(text), table: TABLE.exec(text)?.[1]?.toLowerCase() ?? UNKNOWN };
    labels.set(strings, label);
  }
  return label;
}

/** Sets the label of the strings of a cached statement. */
export function setLabel(strings: object, label: StatementLabel): void {
  labels.set(strings, label);
}

function operationOf(text: string): string {
  const word = firstWord(text).toUpperCase();
  return OPERATIONS.has(word) ? word : "OTHER";
}

const SPACE = /[\s(]*/y;
const WORD = /[a-z]*/iy;

/**
 * The first word of a statement, behind spaces, parentheses and comments. Each step starts where the last one ended: one
 * pattern for all of it would try every way to divide the comments among its alternatives.
 */
function firstWord(text: string): string {
  let at = 0;
  while (true) {
    SPACE.lastIndex = at;
    SPACE.test(text);
    at = SPACE.lastIndex;
    const end = text.startsWith("--", at)
      ? text.indexOf("\n", at)
      : text.startsWith("/*", at)
      ? text.indexOf("*/", at + 2) + 1
      : undefined;
    if (end === undefined) break;
    if (end <= 0) return ""; // the comment does not end
    at = end + 1;
  }
  WORD.lastIndex = at;
  return WORD.exec(text)?.[0] ?? "";
}
