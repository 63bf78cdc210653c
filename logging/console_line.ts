import { escapeControls } from "../internal/terminal_text.ts";
import { contextIds } from "./context_ids.ts";
import type { Entries } from "./entries.ts";
import type { LineFormat } from "./json_line.ts";
import { LABELS } from "./levels.ts";

/** Fields that are shown elsewhere in the line, or that nobody reads at a terminal. */
export const OMITTED: ReadonlySet<string> = new Set(["trace_id", "error_type", "exception"]);

const BARE = /^(?:\[redacted\]|[^\s"'=[\]\\]+)$/;

/**
 * Lines for people without a terminal, in the format of the Python package and with times in UTC:
 * `2024-01-15 10:30:45.123 - catalog - INFO - [request_id=req_1 item=7] - Creating order`. The exception follows on
 * indented lines, so that no logged text can imitate the start of a line.
 */
export function consoleLines(service: string): LineFormat {
  const name = escapeControls(service);
  return ({ severity, timestamp, message, context, entries }) => {
    const time = timestamp.slice(0, 23).replace("T", " ");
    const label = LABELS[severity];
    const fields = formatFields({ ...contextIds(context), ...entries });
    const { exception } = entries;
    return `${time} - ${name} - ${label} - ${fields === "" ? "" : `[${fields}] - `}${
      escapeControls(message)
    }` +
      (typeof exception === "string" ? indented(exception) : "");
  };
}

function formatFields(entries: Entries): string {
  return Object.entries(entries)
    .filter(([name]) => !OMITTED.has(name))
    .map(([name, value]) => `${formatValue(name)}=${formatValue(value)}`)
    .join(" ");
}

/** A name or value as text: as it is where it is one word, else as JSON. */
export function formatValue(value: unknown): string {
  return escapeControls(typeof value === "string" && BARE.test(value) ? value : JSON.stringify(value));
}

function indented(text: string): string {
  return text.split(/\r?\n/).map((line) => `\n    ${escapeControls(line)}`).join("");
}
