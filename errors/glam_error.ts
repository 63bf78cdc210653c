import { detailsOf } from "./_layout.ts";
import { envelopeBody, envelopeResponse, type ErrorDetail, errorDetail } from "./envelope.ts";
import { statusPhrase } from "./status_phrase.ts";

// Registered, so that an error made by another copy of the package is known as well.
const BRAND = Symbol.for("@glam/shared.GlamError");
const ANSWER = Symbol.for("@glam/shared.GlamError.answer");

/** Options that every error of this package takes. */
export interface GlamErrorOptions {
  /**
   * Stable code for programs, not empty.
   * @default the code of the class
   */
  readonly code?: string | undefined;
  /**
   * HTTP status, an integer from 400 to 599.
   * @default the status of the class
   */
  readonly status?: number | undefined;
  /** Further members, in snake_case; copied. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** The underlying error; for the log, never for the client. */
  readonly cause?: unknown;
  /**
   * Whether a client may see the message and the details.
   * @default true under status 500, else false
   */
  readonly expose?: boolean | undefined;
}

/**
 * An expected failure, with a stable code and an HTTP status; the base of every error of this package.
 *
 * Of a subclass the static `code`, `status` and `defaultMessage` are the defaults, and every option that is not one of
 * {@link GlamErrorOptions} goes into `details` under its name in snake_case.
 */
export class GlamError extends Error {
  /** Code of instances that are not given another. */
  static readonly code: string = "INTERNAL_ERROR";
  /** HTTP status of instances that are not given another. */
  static readonly status: number = 500;
  /** Message of instances that are not given one; without it they have the status phrase. */
  static readonly defaultMessage: string | undefined = undefined;

  /** Stable code for programs, such as `NOT_FOUND`. */
  readonly code: string;
  /** HTTP status, from 400 to 599. */
  readonly status: number;
  /** Further members, in snake_case. */
  readonly details: Record<string, unknown>;
  /** Whether a client may see the message and the details. */
  readonly expose: boolean;

  static {
    hide(this.prototype, "name", "GlamError"); // literal: it must survive minification
    hide(this.prototype, BRAND, true);
  }

  /**
   * An error with this message, else the class's default, else the phrase of its status.
   *
   * @throws {TypeError} when `code` is not a string or is empty.
   * @throws {RangeError} when `status` is not an integer from 400 to 599.
   */
  constructor(message?: string, options: GlamErrorOptions = {}) {
    const Class = new.target;
    const { code = Class.code, status = Class.status, details, cause, expose, ...own } = options;
    assertCode(code);
    assertStatus(status);
    // A plain `class X extends NotFoundError {}` has no literal name, so the class's own is used.
    if (Class.name !== "" && !Object.hasOwn(Class.prototype, "name")) {
      hide(Class.prototype, "name", Class.name);
    }
    super(
      message ?? Class.defaultMessage ?? statusPhrase(status),
      cause === undefined ? undefined : { cause },
    );
    this.code = code;
    this.status = status;
    this.details = detailsOf(Class, details, own);
    this.expose = expose ?? status < 500;
  }

  /** Code, message and details in full, for logs; {@link GlamError.getResponse} is what a client may see. */
  toJSON(): ErrorDetail {
    return errorDetail(this.code, this.message, this.details);
  }

  /**
   * The error envelope as a `Response`, with `Retry-After` from `details.retry_after`. A Hono application without
   * any error handler of its own answers with it.
   */
  getResponse(): Response {
    const body = envelopeBody(this);
    const response = envelopeResponse(this, body);
    if (Object.isExtensible(this)) hide(this, ANSWER, { response, body });
    return response;
  }
}

/** Whether `value` is an error of this package, also of another copy of it. */
export function isGlamError(value: unknown): value is GlamError {
  return typeof value === "object" && value !== null && (value as { [BRAND]?: unknown })[BRAND] === true;
}

/** The response that `error` made last; Hono's default answer is recognised by it. */
export function answerOf(error: GlamError): Answer | undefined {
  return (error as { [ANSWER]?: Answer })[ANSWER];
}

/** A response that an error made, and its body. */
export interface Answer {
  readonly response: Response;
  readonly body: string;
}

/** Checks the code of an error. */
export function assertCode(code: unknown): void {
  if (typeof code !== "string" || code === "") {
    throw new TypeError(
      `Expected \`code\` to be a non-empty string, got ${JSON.stringify(code) ?? typeof code}`,
    );
  }
}

/** Checks the status of an error. */
export function assertStatus(status: unknown): void {
  if (!isErrorStatus(status)) {
    throw new RangeError(`Expected \`status\` to be an integer from 400 to 599, got ${String(status)}`);
  }
}

/** Whether `status` is an HTTP status that says that something failed. */
export function isErrorStatus(status: unknown): status is number {
  return Number.isInteger(status) && (status as number) >= 400 && (status as number) <= 599;
}

/** Defines a member that is not listed with the object, as the members of a built-in class are not. */
export function hide(target: object, key: PropertyKey, value: unknown): void {
  Object.defineProperty(target, key, { value, configurable: true, writable: true });
}
