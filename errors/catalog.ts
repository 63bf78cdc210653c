import { ConflictError, NotFoundError } from "./common.ts";
import { builtIn, type ErrorClass, type FixedOptions } from "./define_error.ts";

/** Another sync is already running (409 `SYNC_IN_PROGRESS`). */
export const SyncInProgressError: ErrorClass<
  { currentSyncId?: string; merchantId?: string },
  typeof ConflictError,
  string | undefined
> = builtIn({
  name: "SyncInProgressError",
  extends: ConflictError,
  code: "SYNC_IN_PROGRESS",
  message: "Another sync is already in progress",
});
/** An instance of {@link SyncInProgressError}. */
export type SyncInProgressError = InstanceType<typeof SyncInProgressError>;

/** A sync that does not exist (404 `SYNC_NOT_FOUND`); `syncId` is the `resource_id`. */
export const SyncNotFoundError: ErrorClass<
  { syncId?: unknown } & FixedOptions<"resource" | "resourceId">,
  typeof NotFoundError
> = builtIn({
  name: "SyncNotFoundError",
  extends: NotFoundError,
  code: "SYNC_NOT_FOUND",
  details: { resource: "sync" },
  keys: { syncId: "resource_id" },
});
/** An instance of {@link SyncNotFoundError}. */
export type SyncNotFoundError = InstanceType<typeof SyncNotFoundError>;

/** A sync that cannot be resumed in its current state (409 `SYNC_NOT_RESUMABLE`). */
export const SyncNotResumableError: ErrorClass<
  { syncId?: string; syncStatus?: string; reason?: string },
  typeof ConflictError
> = builtIn({
  name: "SyncNotResumableError",
  extends: ConflictError,
  code: "SYNC_NOT_RESUMABLE",
});
/** An instance of {@link SyncNotResumableError}. */
export type SyncNotResumableError = InstanceType<typeof SyncNotResumableError>;

/** A sync that cannot be cancelled in its current state (409 `SYNC_NOT_CANCELLABLE`). */
export const SyncNotCancellableError: ErrorClass<
  { syncId?: string; syncStatus?: string },
  typeof ConflictError
> = builtIn({
  name: "SyncNotCancellableError",
  extends: ConflictError,
  code: "SYNC_NOT_CANCELLABLE",
});
/** An instance of {@link SyncNotCancellableError}. */
export type SyncNotCancellableError = InstanceType<typeof SyncNotCancellableError>;

/** An item that is not in the catalog (404 `ITEM_NOT_FOUND`); `itemId` is the `resource_id`. */
export const ItemNotFoundError: ErrorClass<
  { itemId?: unknown; merchantId?: string } & FixedOptions<"resource" | "resourceId">,
  typeof NotFoundError
> = builtIn({
  name: "ItemNotFoundError",
  extends: NotFoundError,
  code: "ITEM_NOT_FOUND",
  details: { resource: "item" },
  keys: { itemId: "resource_id" },
});
/** An instance of {@link ItemNotFoundError}. */
export type ItemNotFoundError = InstanceType<typeof ItemNotFoundError>;

/** The sync to resume does not exist (404 `PARENT_SYNC_NOT_FOUND`); `parentSyncId` is the `resource_id`. */
export const ParentSyncNotFoundError: ErrorClass<
  { parentSyncId?: unknown } & FixedOptions<"resource" | "resourceId">,
  typeof NotFoundError
> = builtIn({
  name: "ParentSyncNotFoundError",
  extends: NotFoundError,
  code: "PARENT_SYNC_NOT_FOUND",
  details: { resource: "parent_sync" },
  keys: { parentSyncId: "resource_id" },
});
/** An instance of {@link ParentSyncNotFoundError}. */
export type ParentSyncNotFoundError = InstanceType<typeof ParentSyncNotFoundError>;
