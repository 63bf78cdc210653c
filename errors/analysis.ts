import { ConflictError, NotFoundError } from "./common.ts";
import { builtIn, type ErrorClass, type FixedOptions } from "./define_error.ts";

/** Another analysis is already running (409 `ANALYSIS_IN_PROGRESS`). */
export const AnalysisInProgressError: ErrorClass<
  { currentAnalysisId?: string; userId?: string; startedAt?: string },
  typeof ConflictError,
  string | undefined
> = builtIn({
  name: "AnalysisInProgressError",
  extends: ConflictError,
  code: "ANALYSIS_IN_PROGRESS",
  message: "Another analysis is already in progress",
});
/** An instance of {@link AnalysisInProgressError}. */
export type AnalysisInProgressError = InstanceType<typeof AnalysisInProgressError>;

/** An analysis that does not exist (404 `ANALYSIS_NOT_FOUND`); `analysisId` is the `resource_id`. */
export const AnalysisNotFoundError: ErrorClass<
  { analysisId?: unknown; userId?: string } & FixedOptions<"resource" | "resourceId">,
  typeof NotFoundError
> = builtIn({
  name: "AnalysisNotFoundError",
  extends: NotFoundError,
  code: "ANALYSIS_NOT_FOUND",
  details: { resource: "analysis" },
  keys: { analysisId: "resource_id" },
});
/** An instance of {@link AnalysisNotFoundError}. */
export type AnalysisNotFoundError = InstanceType<typeof AnalysisNotFoundError>;

/** An analysis that cannot be cancelled in its current state (409 `ANALYSIS_NOT_CANCELLABLE`). */
export const AnalysisNotCancellableError: ErrorClass<
  { analysisId?: string; currentStatus?: string; reason?: string },
  typeof ConflictError
> = builtIn({
  name: "AnalysisNotCancellableError",
  extends: ConflictError,
  code: "ANALYSIS_NOT_CANCELLABLE",
});
/** An instance of {@link AnalysisNotCancellableError}. */
export type AnalysisNotCancellableError = InstanceType<typeof AnalysisNotCancellableError>;

/** A user without a completed analysis (404 `NO_CURRENT_ANALYSIS`). */
export const NoCurrentAnalysisError: ErrorClass<
  { userId?: string } & FixedOptions<"resource">,
  typeof NotFoundError,
  string | undefined
> = builtIn({
  name: "NoCurrentAnalysisError",
  extends: NotFoundError,
  code: "NO_CURRENT_ANALYSIS",
  message: "No completed analysis available",
  details: { resource: "current_analysis" },
});
/** An instance of {@link NoCurrentAnalysisError}. */
export type NoCurrentAnalysisError = InstanceType<typeof NoCurrentAnalysisError>;
