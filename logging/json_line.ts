import type { RequestContext } from "../context/request_context.ts";
import { contextIdsJson, quote } from "./context_ids.ts";
import type { Entries } from "./entries.ts";
import { LABELS, type Severity } from "./levels.ts";

/** What is in a line. `message` and `entries` are free of secrets, and safe to be written as JSON. */
export interface LineParts {
  readonly severity: Severity;
  readonly timestamp: string;
  readonly message: string;
  readonly context: RequestContext | undefined;
  readonly entries: Entries;
}

/** Writes one line of text. */
export type LineFormat = (parts: LineParts) => string;

/** Lines for machines: one JSON object each. */
export function jsonLines(service: string, environment: string): LineFormat {
  const afterTimestamp = Object.fromEntries(
    Object.entries(LABELS).map(([severity, label]) => [
      severity,
      `","level":"${label}","service":${JSON.stringify(service)},"message":`,
    ]),
  ) as Record<Severity, string>;
  const afterMessage = `,"environment":${JSON.stringify(environment)}`;
  return ({ severity, timestamp, message, context, entries }) => {
    const rest = JSON.stringify(entries);
    return '{"timestamp":"' + timestamp + afterTimestamp[severity] + quote(message) + afterMessage +
      (context === undefined ? "" : contextIdsJson(context)) + (rest === "{}" ? "}" : "," + rest.slice(1));
  };
}
