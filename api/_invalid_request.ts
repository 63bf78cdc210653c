import { ValidationError } from "../errors/common.ts";
import type { ValidationIssue } from "../errors/validation_errors.ts";

/** More of them would make the answer many times as large as the request. */
const MAX_ISSUES = 100;

/** The 422 of a request that does not fit. */
export function invalidRequest(issues: readonly ValidationIssue[]): ValidationError {
  const validation_errors = issues.slice(0, MAX_ISSUES);
  const omitted = issues.length - validation_errors.length;
  return new ValidationError("Request validation failed", {
    details: { validation_errors, ...(omitted > 0 && { omitted_errors: omitted }) },
  });
}
