import { domainStreamName, type StreamLayout, toDomainStream } from "../../messaging/bus/domain_streams.ts";
import type { MessageBus } from "../../messaging/bus/message_bus.ts";
import type { StreamConfig } from "../../messaging/bus/stream.ts";
import { domainSubjects, layoutConfigs } from "../../messaging/bus/stream_layout.ts";
import { streamsOf } from "../../messaging/bus/stream_of.ts";
import { STREAM_CONFIGS, Streams } from "../../messaging/bus/streams.ts";
import { domainOf, filtersOverlap, subjectMatcher } from "../../messaging/contract/_subject.ts";
import { readFleet } from "../page/_read_fleet.ts";
import { findObstacles } from "./_obstacles.ts";
import type { LayoutPlan, PlannedMove, StreamContent } from "./layout_plan.ts";

/** Compares the streams that exist with a layout. Nothing is changed. */
export async function planLayout(bus: MessageBus, layout: StreamLayout): Promise<LayoutPlan> {
  const contents = await readContents(bus);
  const configs = layoutConfigs(layout).filter(({ name }) => name !== Streams.DLQ);
  const known = new Set(contents.map(({ info }) => info.config.name));
  const listed = layout.domains.length === 0 ? [] : listedDomains(layout, contents);
  const streams = configs.filter(({ name }) => !known.has(name)).map((config) =>
    config.name === Streams.EVENTS && listed.length > 0
      ? { ...config, subjects: listed.flatMap(domainSubjects) }
      : config
  );
  const moves = contents.flatMap((content) => movesFrom(content, configs));
  const obstacles = findObstacles({ contents, moves, layout, fleet: await readFleet(bus) ?? [] });
  return { streams, moves, listed, obstacles };
}

async function readContents(bus: MessageBus): Promise<StreamContent[]> {
  const infos = await streamsOf(bus, STREAM_CONFIGS[0].subjects);
  return await Promise.all(infos.map(async (info) => {
    const { name } = info.config;
    const [stored = new Map(), consumers = []] = await Promise.all([
      bus.countSubjects?.(name),
      bus.listConsumers?.(name),
    ]);
    return { info, stored, durables: consumers.filter(({ durable }) => durable) };
  }));
}

/** What the layout gives to other streams of what a stream has. A stream that is not the fleet's keeps what it has. */
function movesFrom(content: StreamContent, configs: readonly StreamConfig[]): PlannedMove[] {
  const { name, subjects } = content.info.config;
  const own = configs.find((config) => config.name === name);
  if (own === undefined && !name.startsWith("GLAM_")) return [];
  const taken = configs.filter((config) => config.name !== name && config.name !== Streams.EVENTS)
    .map((config) => ({
      to: config.name,
      subjects: config.subjects.filter((each) => overlap(each, subjects)),
    }));
  // The stream of a domain that is none any more gives the rest back.
  const kept = [...own?.subjects ?? [], ...taken.flatMap(({ subjects }) => subjects)];
  const back = name === Streams.EVENTS ? [] : subjects.filter((each) => !overlap(each, kept));
  return [...taken, { to: Streams.EVENTS, subjects: back }]
    .filter(({ subjects }) => subjects.length > 0)
    .map(({ to, subjects }) => toMove(content, to, subjects));
}

function toMove(
  { info, stored, durables }: StreamContent,
  to: string,
  subjects: readonly string[],
): PlannedMove {
  const matchers = subjects.map(subjectMatcher);
  let messages = 0;
  for (const [subject, count] of stored) if (matchers.some((matches) => matches(subject))) messages += count;
  return {
    from: info.config.name,
    to,
    subjects,
    messages,
    bytes: info.messages === 0 ? 0 : Math.round(info.bytes * messages / info.messages),
    durables: durables
      .filter(({ filterSubjects }) =>
        filterSubjects.length === 0 || filterSubjects.some((filter) => overlap(filter, subjects))
      )
      .map(({ name, filterSubjects, pending, ackPending }) => ({
        name,
        filterSubjects,
        open: pending + ackPending,
      })),
  };
}

function listedDomains(layout: StreamLayout, contents: readonly StreamContent[]): string[] {
  const streams = layout.domains.map(toDomainStream);
  const taken = new Set(streams.flatMap(({ domains }) => domains));
  const names = new Set(streams.map(({ name }) => domainStreamName(name)));
  const events = layoutConfigs(layout).find(({ name }) => name === Streams.EVENTS)!;
  const subjects = [
    ...events.subjects.map((filter) => filter.replace(".>", ".x")),
    ...contents.filter(({ info }) => !names.has(info.config.name)).flatMap(({ stored, durables }) => [
      ...stored.keys(),
      ...durables.flatMap(({ filterSubjects }) => filterSubjects.map((filter) => filter.replace(/>$/, "x"))),
    ]),
  ];
  const domains = subjects.map(domainOf).filter((domain) => domain !== undefined && !taken.has(domain));
  return [...new Set(domains as string[])].sort();
}

function overlap(filter: string, others: readonly string[]): boolean {
  return others.some((other) => filtersOverlap(filter, other));
}
