/** One result. */
export interface Row {
  /** The measurement. */
  readonly what: string;
  /** The peer, and the method. */
  readonly peer: string;
  /** The result with its unit. */
  readonly result: string;
  /** The required value. */
  readonly goal: string;
  /** Whether the goal is met. */
  readonly met: boolean;
}

/** A row for a ratio that should be at least `goal`. */
export function atLeast(what: string, peer: string, ratio: number, goal: number): Row {
  return { what, peer, result: ratio.toFixed(2), goal: `>= ${goal.toFixed(2)}`, met: ratio >= goal };
}

/** A row for an amount that should be at most `goal`. */
export function atMost(what: string, peer: string, amount: number, goal: number, unit: string): Row {
  return {
    what,
    peer,
    result: `${amount.toFixed(unit === "times" ? 2 : 1)} ${unit}`,
    goal: `<= ${goal} ${unit}`,
    met: amount <= goal,
  };
}

/** A row without a goal. */
export function known(what: string, peer: string, result: string): Row {
  return { what, peer, result, goal: "", met: true };
}

/** The rows as a Markdown table. */
export function toTable(rows: readonly Row[]): string {
  const cells = rows.map((
    { what, peer, result, goal, met },
  ) => [what, peer, result, goal, goal === "" ? "" : met ? "yes" : "NO"]);
  const head = ["what", "against", "result", "goal", "met"];
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]!.length)));
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...cells.map(line)].join("\n");
}
