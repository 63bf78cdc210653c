/** What a statement does and to which table, from a bounded set of words: for metrics and spans. */
export interface StatementLabel {
  readonly operation: string;
  /** Empty where it is not known. */
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

const FIRST_WORD = /^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/|\()*([a-z]+)/i;
const TABLE = /\b(?:from|into|update)\s+(?:only\s+)?(?:"?\w+"?\.)?"?([a-z_]\w{0,62})"?/i;
const UNKNOWN = "";

const labels = new WeakMap<object, StatementLabel>();

/**
 * The label of a tagged template, worked out once for each place in the code. Texts of `unsafe` have no table: they may
 * be made at run time, and the number of tables would have no bound.
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

/** Gives the strings of a statement that is kept their label. */
export function setLabel(strings: object, label: StatementLabel): void {
  labels.set(strings, label);
}

function operationOf(text: string): string {
  const word = FIRST_WORD.exec(text)?.[1]?.toUpperCase() ?? "";
  return OPERATIONS.has(word) ? word : "OTHER";
}
