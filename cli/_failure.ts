import { isGlamError } from "../errors/glam_error.ts";
import { toGlamError } from "../errors/to_glam_error.ts";
import { escapeControls } from "../internal/terminal_text.ts";
import { UsageError } from "./_session.ts";

/** An error as text for people. Only unexpected errors, which are bugs of this program, are shown with their stack. */
export function describeFailure(error: unknown): string {
  if (error instanceof UsageError) return `glam: ${error.message}`;
  if (!isGlamError(error) && !isExpected(error)) {
    return `glam: ${error instanceof Error ? error.stack ?? error.message : String(error)}`;
  }
  const issues = isGlamError(error) ? error.details["validation_errors"] : undefined;
  const lines = (Array.isArray(issues) ? issues : []).map((issue: { field?: string; message?: string }) =>
    `  ${escapeControls(`${issue.field}: ${issue.message}`)}`
  );
  return [`glam: ${error.message}`, ...lines].join("\n");
}

/** An error as a JSON document. */
export function failureDocument(error: unknown): string {
  const { code, message, details } = toGlamError(error);
  const shown = isExpected(error) ? error.message : message;
  const hasDetails = Object.keys(details).length > 0;
  return JSON.stringify({ error: { code, message: shown, ...(hasDetails ? { details } : {}) } }, null, 2);
}

/** Errors of the system and of the caller, which are no bugs of this program. */
function isExpected(error: unknown): error is Error {
  return error instanceof Error && (isGlamError(error) || "code" in error || error instanceof TypeError ||
    error instanceof RangeError || error instanceof SyntaxError);
}
