import { isGlamError } from "../../errors/glam_error.ts";
import { MessageBusError, type MessageBusErrorOptions } from "../../errors/infrastructure.ts";
import { toGlamError } from "../../errors/to_glam_error.ts";

/** The kinds of bus failures, each with whether the same call may succeed later. */
const RETRYABLE = {
  consumer_mismatch: false,
  no_responder: true,
  no_stream: false,
  refused: false,
  stream_full: true,
  timeout: true,
  too_large: false,
  unavailable: true,
  unsupported: false,
} as const;

/** A kind of bus failure. */
export type BusErrorKind = keyof typeof RETRYABLE;

/** The operation, stream and subject that failed. */
export type BusErrorPlace = Pick<MessageBusErrorOptions, "cause" | "operation" | "stream" | "subject">;

/** Creates the error for a kind of failure; the kind decides whether it is retryable. */
export function busError(kind: BusErrorKind, message: string, place: BusErrorPlace = {}): MessageBusError {
  return new MessageBusError(message, { ...place, kind, retryable: RETRYABLE[kind] });
}

/** Converts anything thrown to a `MessageBusError`. */
export function toBusError(error: unknown, doing: string, place: BusErrorPlace): MessageBusError {
  if (isGlamError(error) && error.code === MessageBusError.code) return error as MessageBusError;
  const known = isGlamError(error) ? error : toGlamError(error);
  const { kind, retryable } = known.details as { readonly kind?: string; readonly retryable?: boolean };
  const reason = error instanceof Error ? error.message : String(error);
  return new MessageBusError(`${doing}: ${reason}`, {
    cause: error,
    ...place,
    kind: kind ?? "refused",
    retryable: kind !== undefined && retryable !== false,
  });
}
