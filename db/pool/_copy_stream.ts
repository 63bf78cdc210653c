import { isDriverLoss } from "./_query_error.ts";

/** The members of the stream of a COPY that are used: a `Writable` for FROM STDIN, a `Readable` for TO STDOUT. */
export interface CopyStream {
  destroy(error?: unknown): unknown;
  on(event: string, listener: () => void): unknown;
  once(event: string, listener: () => void): unknown;
  /** Only of a `Readable`, with which the driver resumes its socket. */
  _read?(size: number): void;
  push?(chunk: unknown): boolean;
  readonly write?: unknown;
}

/** Whether a query has resolved with the stream of a COPY. */
export function isCopyStream(result: unknown): result is CopyStream {
  const { destroy, once } = (result ?? {}) as Partial<CopyStream>;
  return typeof destroy === "function" && typeof once === "function";
}

/**
 * Prepares the stream of a COPY.
 *
 * - It fails with the error that `errorOf` returns for one of the driver or the server.
 * - A `Readable` that was destroyed early is drained. The driver would pause the socket of its connection for ever.
 */
export function prepareCopyStream(stream: CopyStream, errorOf: (error: unknown) => Error): void {
  const { destroy } = stream;
  stream.destroy = (error) => destroy.call(stream, isOfDriver(error) ? errorOf(error) : error);
  if (stream.write !== undefined) return;
  stream.once("close", () => {
    stream.push = () => true;
    stream._read?.(0);
  });
}

function isOfDriver(error: unknown): boolean {
  return (error as Error | undefined)?.name === "PostgresError" || isDriverLoss(error);
}
