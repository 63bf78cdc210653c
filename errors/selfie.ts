import { NotFoundError, ValidationError } from "./common.ts";
import { builtIn, type ErrorClass, type FixedOptions } from "./define_error.ts";

/** A selfie that does not exist (404 `SELFIE_NOT_FOUND`); `selfieId` is the `resource_id`. */
export const SelfieNotFoundError: ErrorClass<
  { selfieId?: unknown; userId?: string } & FixedOptions<"resource" | "resourceId">,
  typeof NotFoundError
> = builtIn({
  name: "SelfieNotFoundError",
  extends: NotFoundError,
  code: "SELFIE_NOT_FOUND",
  details: { resource: "selfie" },
  keys: { selfieId: "resource_id" },
});
/** An instance of {@link SelfieNotFoundError}. */
export type SelfieNotFoundError = InstanceType<typeof SelfieNotFoundError>;

/** An image in a format that is not supported (422 `INVALID_IMAGE_FORMAT`). */
export const InvalidImageFormatError: ErrorClass<
  { providedFormat?: string; supportedFormats?: readonly string[] },
  typeof ValidationError
> = builtIn({
  name: "InvalidImageFormatError",
  extends: ValidationError,
  code: "INVALID_IMAGE_FORMAT",
});
/** An instance of {@link InvalidImageFormatError}. */
export type InvalidImageFormatError = InstanceType<typeof InvalidImageFormatError>;

/** An image over the size limit (422 `IMAGE_TOO_LARGE`). */
export const ImageTooLargeError: ErrorClass<
  { sizeBytes?: number; maxSizeBytes?: number },
  typeof ValidationError
> = builtIn({
  name: "ImageTooLargeError",
  extends: ValidationError,
  code: "IMAGE_TOO_LARGE",
});
/** An instance of {@link ImageTooLargeError}. */
export type ImageTooLargeError = InstanceType<typeof ImageTooLargeError>;

/** An image under the least width or height, in pixels (422 `IMAGE_TOO_SMALL`). */
export const ImageTooSmallError: ErrorClass<
  { width?: number; height?: number; minWidth?: number; minHeight?: number },
  typeof ValidationError
> = builtIn({
  name: "ImageTooSmallError",
  extends: ValidationError,
  code: "IMAGE_TOO_SMALL",
});
/** An instance of {@link ImageTooSmallError}. */
export type ImageTooSmallError = InstanceType<typeof ImageTooSmallError>;

/** An image without a face (422 `NO_FACE_DETECTED`). */
export const NoFaceDetectedError: ErrorClass<object, typeof ValidationError, string | undefined> = builtIn({
  name: "NoFaceDetectedError",
  extends: ValidationError,
  code: "NO_FACE_DETECTED",
  message: "No face detected in the image",
});
/** An instance of {@link NoFaceDetectedError}. */
export type NoFaceDetectedError = InstanceType<typeof NoFaceDetectedError>;

/** An image with more than one face (422 `MULTIPLE_FACES_DETECTED`). */
export const MultipleFacesDetectedError: ErrorClass<
  { faceCount?: number },
  typeof ValidationError,
  string | undefined
> = builtIn({
  name: "MultipleFacesDetectedError",
  extends: ValidationError,
  code: "MULTIPLE_FACES_DETECTED",
  message: "Multiple faces detected in the image",
});
/** An instance of {@link MultipleFacesDetectedError}. */
export type MultipleFacesDetectedError = InstanceType<typeof MultipleFacesDetectedError>;

/** An image that is not good enough to analyse (422 `POOR_IMAGE_QUALITY`). */
export const PoorImageQualityError: ErrorClass<
  { qualityScore?: number; minQualityScore?: number; qualityIssues?: readonly string[] },
  typeof ValidationError,
  string | undefined
> = builtIn({
  name: "PoorImageQualityError",
  extends: ValidationError,
  code: "POOR_IMAGE_QUALITY",
  message: "Image quality too low for analysis",
});
/** An instance of {@link PoorImageQualityError}. */
export type PoorImageQualityError = InstanceType<typeof PoorImageQualityError>;
