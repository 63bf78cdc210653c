import { ValidationError } from "../errors/common.ts";
import { limitList, type ValidationIssue } from "../errors/validation_errors.ts";

/** The 422 of a request that does not fit, with as many issues as an answer may have. */
export function invalidRequest(issues: readonly ValidationIssue[]): ValidationError {
  const validation_errors = limitList(issues);
  const omitted = issues.length - validation_errors.length;
  return new ValidationError("Request validation failed", {
    details: { validation_errors, ...(omitted > 0 && { omitted_errors: omitted }) },
  });
}
