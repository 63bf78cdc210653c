import { escapeControls } from "../internal/terminal_text.ts";
import { formatValue, OMITTED } from "./console_line.ts";
import { contextIds } from "./context_ids.ts";
import type { Entries } from "./entries.ts";
import type { LineFormat } from "./json_line.ts";
import { LABELS, type Severity } from "./levels.ts";

const RED = "\x1b[31m";
const GREEN = "\x1b[32m";
const YELLOW = "\x1b[33m";
const CYAN = "\x1b[36m";
const GREY = "\x1b[90m";
const DIM = "\x1b[2m";
const BOLD_RED = "\x1b[1;31m";
const RESET = "\x1b[0m";

const LEVEL_COLOURS: Readonly<Record<Severity, string>> = {
  10: GREY,
  20: GREEN,
  30: YELLOW,
  40: RED,
  50: BOLD_RED,
};
const LEVEL_WIDTH = Math.max(...Object.values(LABELS).map((label) => label.length));

/** Ids that are shown, and the names before them. The request's own id has none. */
const IDS: Readonly<Record<string, string>> = {
  request_id: "",
  correlation_id: "corr=",
  merchant_id: "merchant=",
  user_id: "user=",
  source_service: "from=",
};
/** The end of an id distinguishes it: the beginning can be a prefix or a time. */
const ID_LENGTH = 8;

/**
 * Lines for people at a terminal that has colours: the time, the level in colour, the message, the ids of the context, short
 * and dim, then the fields. A request is `GET /items/7 200 1.3 ms`. The exception follows on indented lines, with its
 * frames dim.
 */
export function terminalLines(): LineFormat {
  return ({ severity, timestamp, message, context, entries }) => {
    const level = paint(LEVEL_COLOURS[severity], LABELS[severity]) +
      " ".repeat(LEVEL_WIDTH - LABELS[severity].length);
    const request = requestOf(message, entries);
    const parts = [
      paint(DIM, timestamp.slice(11, 23)),
      level,
      request?.text ?? paintMessage(severity, escapeControls(message)),
      ...idsOf(contextIds(context)),
      ...fieldsOf(entries, request?.fields),
    ];
    const { exception } = entries;
    return parts.join(" ") + (typeof exception === "string" ? indented(exception) : "");
  };
}

function paint(colour: string, text: string): string {
  return colour + text + RESET;
}

function paintMessage(severity: Severity, text: string): string {
  return severity < 40 ? text : paint(LEVEL_COLOURS[severity], text);
}

interface Request {
  readonly text: string;
  /** The fields that the text has. */
  readonly fields: ReadonlySet<string>;
}

/** The text of a line about a request, as the access log writes it; `undefined` for any other line. */
function requestOf(message: string, entries: Entries): Request | undefined {
  const { method, path, status, duration_ms: duration } = entries;
  if (typeof method !== "string" || typeof path !== "string" || typeof status !== "number") return undefined;
  const hasDuration = typeof duration === "number";
  const parts = [
    ...(message === "Request completed" ? [] : [escapeControls(message)]),
    escapeControls(method),
    escapeControls(path),
    paint(statusColour(status), String(status)),
    ...(hasDuration ? [paint(DIM, `${formatDuration(duration)} ms`)] : []),
  ];
  return {
    text: parts.join(" "),
    fields: new Set(["method", "path", "status", ...(hasDuration ? ["duration_ms"] : [])]),
  };
}

function statusColour(status: number): string {
  return status >= 500 ? RED : status >= 400 ? YELLOW : status >= 300 ? CYAN : GREEN;
}

function formatDuration(milliseconds: number): string {
  return milliseconds < 10 ? milliseconds.toFixed(1) : milliseconds.toFixed(0);
}

function idsOf(ids: Readonly<Record<string, unknown>>): string[] {
  const shown = Object.entries(IDS).flatMap(([name, label]) => {
    const id = ids[name];
    // A request that begins an operation has one id for both.
    if (id === undefined || (name === "correlation_id" && id === ids["request_id"])) return [];
    return [label + escapeControls(String(id)).slice(-ID_LENGTH)];
  });
  return shown.length === 0 ? [] : [paint(DIM, shown.join(" "))];
}

function fieldsOf(entries: Entries, inMessage: ReadonlySet<string> | undefined): string[] {
  return Object.entries(entries)
    .filter(([name]) => !OMITTED.has(name) && !inMessage?.has(name))
    .map(([name, value]) => paint(CYAN, `${formatValue(name)}=`) + formatValue(value));
}

function indented(text: string): string {
  return text.split(/\r?\n/).map((line) => {
    const safe = escapeControls(line);
    return `\n    ${/^\s*at /.test(line) ? paint(DIM, safe) : safe}`;
  }).join("");
}
