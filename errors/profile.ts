import { ConflictError, NotFoundError } from "./common.ts";
import { builtIn, type ErrorClass, type FixedOptions } from "./define_error.ts";
import { DomainError } from "./domain_error.ts";

/** A profile that does not exist (404 `PROFILE_NOT_FOUND`). */
export const ProfileNotFoundError: ErrorClass<
  { userId?: string; profileId?: string } & FixedOptions<"resource">,
  typeof NotFoundError
> = builtIn({
  name: "ProfileNotFoundError",
  extends: NotFoundError,
  code: "PROFILE_NOT_FOUND",
  details: { resource: "profile" },
});
/** An instance of {@link ProfileNotFoundError}. */
export type ProfileNotFoundError = InstanceType<typeof ProfileNotFoundError>;

/** A user who has a profile already (409 `PROFILE_ALREADY_EXISTS`). */
export const ProfileAlreadyExistsError: ErrorClass<
  { userId?: string; existingProfileId?: string } & FixedOptions<"conflictingResource">,
  typeof ConflictError
> = builtIn({
  name: "ProfileAlreadyExistsError",
  extends: ConflictError,
  code: "PROFILE_ALREADY_EXISTS",
  details: { conflicting_resource: "profile" },
});
/** An instance of {@link ProfileAlreadyExistsError}. */
export type ProfileAlreadyExistsError = InstanceType<typeof ProfileAlreadyExistsError>;

/** A profile that could not be created (422 `PROFILE_CREATION_FAILED`). */
export const ProfileCreationFailedError: ErrorClass<
  { userId?: string; reason?: string },
  typeof DomainError
> = builtIn({
  name: "ProfileCreationFailedError",
  extends: DomainError,
  code: "PROFILE_CREATION_FAILED",
  status: 422,
});
/** An instance of {@link ProfileCreationFailedError}. */
export type ProfileCreationFailedError = InstanceType<typeof ProfileCreationFailedError>;
