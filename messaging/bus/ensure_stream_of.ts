import { domainOf } from "../contract/_subject.ts";
import { busError } from "./_bus_error.ts";
import { ensureApart } from "./_ensure_apart.ts";
import { layoutOf } from "./_known_layouts.ts";
import { domainSubjects, layoutConfigs, layoutStreamsOf } from "./stream_layout.ts";
import { ensureStreams } from "./ensure_streams.ts";
import type { MessageBus } from "./message_bus.ts";
import { streamOf } from "./stream_of.ts";
import { Streams } from "./streams.ts";

const underWay = new WeakMap<MessageBus, Map<string, Promise<string>>>();

/**
 * Name of the stream that has the subject of an event or a command. Where none has it, the fleet's streams are ensured again,
 * and then `GLAM_EVENTS` gets the domain of the subject. Those who ask for one subject at the same moment share the answer.
 *
 * @throws {MessageBusError} with kind `no_stream` when there is none even then.
 */
export function ensureStreamOf(bus: MessageBus, subject: string): Promise<string> {
  let known = underWay.get(bus);
  if (known === undefined) underWay.set(bus, known = new Map());
  let work = known.get(subject);
  if (work === undefined) {
    work = findOrMake(bus, subject).finally(() => known.delete(subject));
    known.set(subject, work);
  }
  return work;
}

async function findOrMake(bus: MessageBus, subject: string): Promise<string> {
  const found = await streamOf(bus, subject);
  if (found !== undefined) return found;
  await ensureStreams(bus, { again: true });
  const made = await streamOf(bus, subject) ?? await copyOf(bus, subject);
  if (made !== undefined) return made;
  const events = layoutConfigs(layoutOf(bus)).find(({ name }) => name === Streams.EVENTS)!;
  await ensureApart(bus, { ...events, subjects: subjectsFor(subject) }, false);
  const added = await streamOf(bus, subject);
  if (added !== undefined) return added;
  const place = { operation: "find_stream", subject };
  throw busError("no_stream", `Cannot find a stream of "${subject}": none covers it`, place);
}

/** A stream of the layout that is a copy of another one: it has no subjects that could lead to it. */
async function copyOf(bus: MessageBus, subject: string): Promise<string | undefined> {
  const [name] = layoutStreamsOf(layoutOf(bus), [subject]);
  if (name === undefined) return undefined;
  return (await bus.streamInfo(name))?.config.subjects.length === 0 ? name : undefined;
}

/** `evt.a.>` does not cover `evt.a`. */
function subjectsFor(subject: string): string[] {
  const domain = domainOf(subject);
  return domain === undefined ? [subject] : domainSubjects(domain);
}
