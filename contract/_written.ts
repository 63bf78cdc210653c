/** The value does not fit the schema. */
export const MISFIT: unique symbol = Symbol("misfit");
/** Only Zod can tell whether the value fits. */
export const UNSURE: unique symbol = Symbol("unsure");

/** Gives what to write, or {@link MISFIT}, or {@link UNSURE}. */
export type Write = (value: unknown) => unknown;

/** Whether a {@link Write} gave something to write. */
export function isWritten(written: unknown): boolean {
  return written !== MISFIT && written !== UNSURE;
}
