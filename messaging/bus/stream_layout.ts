import { domainOf, filtersOverlap } from "../contract/_subject.ts";
import { Subjects } from "../contract/subjects.ts";
import { domainStreamName, type StreamLayout, toDomainStream } from "./domain_streams.ts";
import type { StreamConfig } from "./stream.ts";
import { type FleetStreamLimits, withLimits } from "./stream_limits.ts";
import { STREAM_CONFIGS } from "./streams.ts";

const [EVENTS, DLQ] = STREAM_CONFIGS;

/** The subjects of a domain. */
export function domainSubjects(domain: string): string[] {
  return [`evt.${domain}.>`, `cmd.${domain}.>`];
}

/**
 * The streams of a layout, as they are made. Beside domain streams, `GLAM_EVENTS` cannot have "all the rest": it lists the
 * domains of the fleet that no other stream has, and others are added when a subject needs one.
 */
export function layoutConfigs(layout: FleetStreamLimits | StreamLayout = {}): readonly StreamConfig[] {
  const streams = domainStreamsOf(layout);
  const taken = new Set(streams.flatMap(({ domains }) => domains));
  const rest = new Set(Object.values(Subjects).map((subject) => domainOf(subject)!));
  const listed = [...rest].filter((domain) => !taken.has(domain)).flatMap(domainSubjects);
  return [
    ...streams.map(({ name, domains, ...limits }) => ({
      ...withLimits(withLimits(EVENTS, layout.events), limits),
      name: domainStreamName(name),
      subjects: domains.flatMap(domainSubjects),
    })),
    { ...withLimits(EVENTS, layout.events), ...streams.length > 0 && { subjects: listed } },
    withLimits(DLQ, layout.dlq),
  ];
}

/** A layout in which every stream has so many replicas. */
export function withReplicas(
  layout: FleetStreamLimits | StreamLayout,
  replicas: number | undefined,
): FleetStreamLimits | StreamLayout {
  if (replicas === undefined) return layout;
  const { events, dlq } = layout;
  return {
    events: { ...events, replicas },
    dlq: { ...dlq, replicas },
    domains: domainStreamsOf(layout).map((stream) => ({ ...stream, replicas })),
  };
}

/** The names of the streams that may have subjects which one of the filters matches, by the layout alone. */
export function layoutStreamsOf(
  layout: FleetStreamLimits | StreamLayout | undefined,
  filters: readonly string[],
): string[] {
  const isMet = (subjects: readonly string[]) =>
    subjects.some((subject) => filters.some((filter) => filtersOverlap(subject, filter)));
  const streams = domainStreamsOf(layout).filter(({ domains }) => isMet(domains.flatMap(domainSubjects)));
  return [
    ...streams.map(({ name }) => domainStreamName(name)),
    ...[EVENTS, DLQ].filter(({ subjects }) => isMet(subjects)).map(({ name }) => name),
  ];
}

function domainStreamsOf(layout: FleetStreamLimits | StreamLayout = {}) {
  return ((layout as Partial<StreamLayout>).domains ?? []).map(toDomainStream);
}
