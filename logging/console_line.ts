import { contextIds } from "./context_ids.ts";
import type { Entries } from "./entries.ts";
import type { LineFormat } from "./json_line.ts";
import { LABELS, type Severity } from "./levels.ts";

/** Fields that are shown elsewhere in the line, or that nobody reads at a terminal. */
const OMITTED: ReadonlySet<string> = new Set(["trace_id", "error_type", "exception"]);

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
 * Lines for humans, in the format of the Python package and with times in UTC:
 * `2024-01-15 10:30:45.123 - catalog - INFO - [request_id=req_1 item=7] - Creating order`. The exception follows on
 * indented lines, so that no logged text can imitate the start of a line.
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
    .filter(([name]) => !OMITTED.has(name))
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
