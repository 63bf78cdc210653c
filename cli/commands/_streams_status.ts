import { readStreamStatus, type StreamStatus } from "../../ops/streams/read_stream_status.ts";
import { type BusFlags, openBus } from "../_connect.ts";
import { toDocument } from "../_json.ts";
import type { Session } from "../_session.ts";
import { toTable } from "../_table.ts";
import { ageText, sizeText } from "../_units.ts";

/** Prints all streams and their durable consumers. */
export async function run({ terminal, json }: Session, flags: BusFlags): Promise<void> {
  await using bus = await openBus(flags);
  const streams = await readStreamStatus(bus);
  if (json) return await terminal.print(toDocument(streams.map(toJson)));
  if (streams.length === 0) {
    return await terminal.print("No streams; the first service that starts makes them");
  }
  const now = Date.now();
  await terminal.print(toTable(
    terminal,
    ["stream", "messages", "size", "oldest", "kept for", "at most", "replicas", "subjects"],
    streams.map(({ info: { config, messages, bytes }, oldestAt }) => [
      config.name,
      messages,
      sizeText(bytes),
      oldestAt && ageText(now - oldestAt.getTime()),
      config.maxAgeMs === undefined ? "ever" : ageText(config.maxAgeMs),
      [config.maxMessages, config.maxBytes === undefined ? undefined : sizeText(config.maxBytes)]
        .filter((limit) => limit !== undefined).join(", ") || "no limit",
      config.replicas,
      config.subjects.join(" ") || "a copy",
    ]),
  ));
  const durables = streams.flatMap(({ info, durables }) =>
    durables.map((durable) => ({ stream: info.config.name, ...durable }))
  );
  if (durables.length === 0) return;
  const table = toTable(
    terminal,
    ["durable", "stream", "pending", "unsettled", "subjects"],
    durables.map(({ name, stream, pending, unsettled, filterSubjects, isLeftBehind }) => [
      name,
      stream,
      pending,
      unsettled,
      `${filterSubjects.join(" ")}${isLeftBehind ? ` (${stream} no longer has it)` : ""}`,
    ]),
  );
  await terminal.print(`\n${table}`);
}

function toJson({ info, oldestAt, durables }: StreamStatus): unknown {
  const { config: { name, subjects, maxAgeMs, maxMessages, maxBytes, replicas, discard } } = info;
  const { messages, bytes, firstSequence, lastSequence } = info;
  return {
    name,
    subjects,
    limits: { maxAgeMs, maxMessages, maxBytes, discard, replicas },
    messages,
    bytes,
    firstSequence,
    lastSequence,
    oldestAt,
    durables: durables.map(({ isLeftBehind, ...rest }) => ({ ...rest, leftBehind: isLeftBehind })),
  };
}
