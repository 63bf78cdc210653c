import type { RequestContext } from "../context/request_context.ts";
import { contextIdsJson, quote } from "./context_ids.ts";
import type { Entries } from "./entries.ts";
import { LABELS, type Severity } from "./levels.ts";

/** The parts of a line. `message` and `entries` are redacted, and can be serialized as JSON. */
export interface LineParts {
  readonly severity: Severity;
  readonly timestamp: string;
  readonly message: string;
  readonly context: RequestContext | undefined;
  readonly entries: Entries;
}

/** Formats one line. */
export type LineFormat = (parts: LineParts) => string;

/** Lines for machines: one JSON object for each. */
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
