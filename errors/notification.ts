import { ConflictError, NotFoundError, ValidationError } from "./common.ts";
import { builtIn, type ErrorClass, type FixedOptions } from "./define_error.ts";
import { InfrastructureError } from "./infrastructure_error.ts";

/** A notification that does not exist (404 `NOTIFICATION_NOT_FOUND`); `notificationId` is the `resource_id`. */
export const NotificationNotFoundError: ErrorClass<
  { notificationId?: unknown; merchantId?: string } & FixedOptions<"resource" | "resourceId">,
  typeof NotFoundError
> = builtIn({
  name: "NotificationNotFoundError",
  extends: NotFoundError,
  code: "NOTIFICATION_NOT_FOUND",
  details: { resource: "notification" },
  keys: { notificationId: "resource_id" },
});
/** An instance of {@link NotificationNotFoundError}. */
export type NotificationNotFoundError = InstanceType<typeof NotificationNotFoundError>;

/** A template that does not exist (404 `TEMPLATE_NOT_FOUND`); `templateName` is the `resource_id`. */
export const TemplateNotFoundError: ErrorClass<
  { templateName?: unknown; templateType?: string } & FixedOptions<"resource" | "resourceId">,
  typeof NotFoundError
> = builtIn({
  name: "TemplateNotFoundError",
  extends: NotFoundError,
  code: "TEMPLATE_NOT_FOUND",
  details: { resource: "template" },
  keys: { templateName: "resource_id" },
});
/** An instance of {@link TemplateNotFoundError}. */
export type TemplateNotFoundError = InstanceType<typeof TemplateNotFoundError>;

/** A template that could not be rendered (422 `TEMPLATE_RENDER_ERROR`). */
export const TemplateRenderError: ErrorClass<
  { templateName?: string; missingVariables?: readonly string[]; renderError?: string },
  typeof ValidationError
> = builtIn({
  name: "TemplateRenderError",
  extends: ValidationError,
  code: "TEMPLATE_RENDER_ERROR",
});
/** An instance of {@link TemplateRenderError}. */
export type TemplateRenderError = InstanceType<typeof TemplateRenderError>;

/** An address that cannot receive (422 `INVALID_RECIPIENT`); `recipient` is the `value`. */
export const InvalidRecipientError: ErrorClass<
  { recipient?: string; reason?: string } & FixedOptions<"field" | "value">,
  typeof ValidationError
> = builtIn({
  name: "InvalidRecipientError",
  extends: ValidationError,
  code: "INVALID_RECIPIENT",
  details: { field: "recipient" },
  keys: { recipient: "value" },
});
/** An instance of {@link InvalidRecipientError}. */
export type InvalidRecipientError = InstanceType<typeof InvalidRecipientError>;

/** A user without preferences (404 `PREFERENCES_NOT_FOUND`); `userId` is the `resource_id`. */
export const PreferencesNotFoundError: ErrorClass<
  { userId?: unknown } & FixedOptions<"resource" | "resourceId">,
  typeof NotFoundError
> = builtIn({
  name: "PreferencesNotFoundError",
  extends: NotFoundError,
  code: "PREFERENCES_NOT_FOUND",
  details: { resource: "notification_preferences" },
  keys: { userId: "resource_id" },
});
/** An instance of {@link PreferencesNotFoundError}. */
export type PreferencesNotFoundError = InstanceType<typeof PreferencesNotFoundError>;

/** The email provider failed (503 `EMAIL_PROVIDER_ERROR`); `provider` is the `service`. */
export const EmailProviderError: ErrorClass<
  { provider?: string; providerErrorCode?: string; providerMessage?: string } & FixedOptions<"service">,
  typeof InfrastructureError
> = builtIn({
  name: "EmailProviderError",
  extends: InfrastructureError,
  code: "EMAIL_PROVIDER_ERROR",
  keys: { provider: "service" },
});
/** An instance of {@link EmailProviderError}. */
export type EmailProviderError = InstanceType<typeof EmailProviderError>;

/** A recipient who has unsubscribed (409 `UNSUBSCRIBED`). */
export const UnsubscribedError: ErrorClass<
  { userId?: string; notificationType?: string; unsubscribedAt?: string },
  typeof ConflictError,
  string | undefined
> = builtIn({
  name: "UnsubscribedError",
  extends: ConflictError,
  code: "UNSUBSCRIBED",
  message: "Recipient has unsubscribed from notifications",
});
/** An instance of {@link UnsubscribedError}. */
export type UnsubscribedError = InstanceType<typeof UnsubscribedError>;
