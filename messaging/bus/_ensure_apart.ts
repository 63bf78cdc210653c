import { filtersOverlap } from "../contract/_subject.ts";
import type { MessageBus } from "./message_bus.ts";
import type { EnsuredStream } from "./ensured_stream.ts";
import type { StreamConfig } from "./stream.ts";
import { isRefused, streamsOf } from "./stream_of.ts";

/** Ensures a stream, without the subjects that other streams have: of these, the report tells. */
export async function ensureApart(
  bus: MessageBus,
  wanted: StreamConfig,
  repair: boolean,
): Promise<EnsuredStream> {
  const { name } = wanted;
  const ownSubjects = async () => (await bus.streamInfo(name))?.config.subjects ?? [];
  if (wanted.subjects.length === 0) {
    const subjects = await ownSubjects();
    if (subjects.length === 0) return { name, outcome: "absent", drift: [] };
    return { name, ...await bus.ensureStream({ ...wanted, subjects }, { repair }) };
  }
  try {
    return { name, ...await bus.ensureStream(wanted, { repair }) };
  } catch (error) {
    if (!isRefused(error)) throw error;
    const others = (await streamsOf(bus, wanted.subjects).catch(() => []))
      .map(({ config }) => config).filter((config) => config.name !== name);
    if (others.length === 0) throw error;
    const drift = others.map((other) => {
      const theirs = other.subjects.filter((subject) => overlap(subject, wanted.subjects));
      return `${other.name} has ${theirs.join(", ")}`;
    });
    const taken = others.flatMap(({ subjects }) => subjects);
    const free = wanted.subjects.filter((subject) => !overlap(subject, taken));
    const subjects = free.length > 0 ? free : await ownSubjects();
    if (subjects.length === 0) return { name, outcome: "absent", drift };
    const report = await bus.ensureStream({ ...wanted, subjects }, { repair });
    return { name, ...report, drift: [...drift, ...report.drift] };
  }
}

function overlap(subject: string, others: readonly string[]): boolean {
  return others.some((other) => filtersOverlap(subject, other));
}
