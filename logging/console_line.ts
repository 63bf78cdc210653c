import { contextIds } from "./context_ids.ts";
import type { Entries } from "./entries.ts";
import type { LineFormat } from "./json_line.ts";
import { LABELS, type Severity } from "./levels.ts";

// Said elsewhere in the line, or of no use to a human at a terminal.
const LEFT_OUT: ReadonlySet<string> = new Set(["trace_id", "error_type", "exception"]);

// Whatever ends a line, moves the cursor or turns the direction of writing: nobody may forge a line, or hide one.
// deno-lint-ignore no-control-regex
const UNSAFE = /[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;
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
 * Lines for humans, in the form of the Python package, times in UTC:
 * `2024-01-15 10:30:45.123 - catalog - INFO - [request_id=req_1 item=7] - Creating order`. The exception comes on
 * lines of its own, indented: no text of a caller can start a line.
 */
export function consoleLines(service: string, colours: boolean): LineFormat {
  const name = escape(service);
  return ({ severity, timestamp, message, context, entries }) => {
    const time = timestamp.slice(0, 23).replace("T", " ");
    const label = colours ? COLOURS[severity] + LABELS[severity] + NO_COLOUR : LABELS[severity];
    const fields = formatFields({ ...contextIds(context), ...entries });
    const { exception } = entries;
    return `${time} - ${name} - ${label} - ${fields === "" ? "" : `[${fields}] - `}${escape(message)}` +
      (typeof exception === "string" ? indented(exception) : "");
  };
}

function formatFields(entries: Entries): string {
  return Object.entries(entries)
    .filter(([name]) => !LEFT_OUT.has(name))
    .map(([name, value]) => `${formatValue(name)}=${formatValue(value)}`)
    .join(" ");
}

function formatValue(value: unknown): string {
  return escape(typeof value === "string" && BARE.test(value) ? value : JSON.stringify(value));
}

function indented(text: string): string {
  return text.split(/\r?\n/).map((line) => `\n    ${escape(line)}`).join("");
}

function escape(text: string): string {
  return text.replace(
    UNSAFE,
    (char) => SHORT[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
