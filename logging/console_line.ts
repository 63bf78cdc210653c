import { escapeControls } from "../internal/terminal_text.ts";
import { contextIds } from "./context_ids.ts";
import type { Entries } from "./entries.ts";
import type { LineFormat } from "./json_line.ts";
import { LABELS, type Severity } from "./levels.ts";

/** Fields that are shown elsewhere in the line, or that nobody reads at a terminal. */
const OMITTED: ReadonlySet<string> = new Set(["trace_id", "error_type", "exception"]);

const BARE = /^(?:\[redacted\]|[^\s"'=[\]\\]+)$/;

const COLOURS: Readonly<Record<Severity, string>> = {
  10: "\x1b[90m",
  20: "\x1b[32m",
  30: "\x1b[33m",
  40: "\x1b[31m",
  50: "\x1b[1;31m",
};
const NO_COLOUR = "\x1b[0m";

/**
 * Lines for humans, in the format of the Python package and with times in UTC:
 * `2024-01-15 10:30:45.123 - catalog - INFO - [request_id=req_1 item=7] - Creating order`. The exception follows on
 * indented lines, so that no logged text can imitate the start of a line.
 */
export function consoleLines(service: string, colours: boolean): LineFormat {
  const name = escapeControls(service);
  return ({ severity, timestamp, message, context, entries }) => {
    const time = timestamp.slice(0, 23).replace("T", " ");
    const label = colours ? COLOURS[severity] + LABELS[severity] + NO_COLOUR : LABELS[severity];
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

function formatValue(value: unknown): string {
  return escapeControls(typeof value === "string" && BARE.test(value) ? value : JSON.stringify(value));
}

function indented(text: string): string {
  return text.split(/\r?\n/).map((line) => `\n    ${escapeControls(line)}`).join("");
}
