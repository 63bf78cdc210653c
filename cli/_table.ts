import { escapeControls } from "../internal/terminal_text.ts";
import type { Terminal } from "./_terminal.ts";

/** Formats rows below a header in columns. Lines are cut at the width of the terminal. */
export function toTable(
  terminal: Pick<Terminal, "columns" | "paint">,
  head: readonly string[],
  rows: readonly (readonly (string | number | undefined)[])[],
): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => escapeControls(String(cell ?? ""))));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const lines = cells.map((row) =>
    cut(row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd(), terminal.columns)
  );
  return [terminal.paint("dim", lines[0]!), ...lines.slice(1)].join("\n");
}

/** Cuts a text at `width` characters. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** "1 dead letter", "2 dead letters". */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
