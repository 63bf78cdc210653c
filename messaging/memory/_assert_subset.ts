import { busError } from "../bus/_bus_error.ts";
import type { ConsumerConfig } from "../bus/consumer.ts";
import type { StreamConfig } from "../bus/stream.ts";
import { coversFilter } from "../contract/_subject.ts";

/** As on JetStream, a filter is part of a subject of the stream, or has one of them. */
export function assertSubset(
  { stream, name, filterSubject }: ConsumerConfig,
  { subjects }: StreamConfig,
): void {
  if (subjects.some((own) => coversFilter(own, filterSubject) || coversFilter(filterSubject, own))) return;
  const why = `its filter "${filterSubject}" is not among the subjects of the stream`;
  throw busError("refused", `Cannot bind to the consumer ${name} of ${stream}: ${why}`, {
    operation: "bind_consumer",
    stream,
  });
}
