import type { StreamLayout } from "../../messaging/bus/domain_streams.ts";
import { domainOf } from "../../messaging/contract/_subject.ts";
import type { FleetInstance } from "../page/_read_fleet.ts";
import type { Obstacle, PlannedMove, StreamContent } from "./layout_plan.ts";

/** What obstacles are looked for in. */
export interface ObstacleScope {
  readonly contents: readonly StreamContent[];
  readonly moves: readonly PlannedMove[];
  readonly layout: StreamLayout;
  readonly fleet: readonly FleetInstance[];
}

/** The first version whose services ask which stream has a subject. */
const SINCE = [0, 2];

/** Finds what would break, or be missed, if the moves were made. */
export function findObstacles({ contents, moves, layout, fleet }: ObstacleScope): Obstacle[] {
  if (moves.length === 0 && layout.domains.length === 0) return [];
  const announced = new Set(fleet.flatMap(({ consumers }) => consumers.map(({ name }) => name)));
  const durables = new Map(
    moves.flatMap((move) => move.durables.map((durable) => [durable.name, move.from])),
  );
  const all = contents.flatMap(({ durables }) => durables);
  const old = fleet.filter(({ metadata }) => isOld(metadata["package"]));
  return unique([
    ...old.map(({ name, metadata }) => ({
      kind: "service" as const,
      name,
      reason: `runs ${metadata["package"]} of this package, which refuses to start beside a domain stream`,
    })),
    ...[...durables].map(([name, stream]) => {
      const { filterSubjects } = all.find((each) => each.name === name)!;
      if (!isOwn(name, filterSubjects)) {
        const filter = filterSubjects.join(", ") || "everything";
        const reason =
          `reads ${filter} of ${stream} by name, as Python does: it would get nothing, and no error`;
        return { kind: "durable" as const, name, reason };
      }
      const base = withoutPartition(name, filterSubjects[0]!);
      if (announced.has(base)) return undefined;
      const reason = "belongs to a service that does not answer: it is of 0.1, stopped, or not announced";
      return { kind: "durable" as const, name: base, reason };
    }).filter((each) => each !== undefined),
    ...strays(contents),
  ]);
}

/** Subjects that are stored and that no list of domains can have. */
function strays(contents: readonly StreamContent[]): Obstacle[] {
  return contents.flatMap(({ info, stored }) =>
    [...stored].filter(([subject]) => domainOf(subject) === undefined).map(([name, count]) => ({
      kind: "subject" as const,
      name,
      reason: `has ${count} stored in ${info.config.name}, and no domain`,
    }))
  );
}

/** Whether a durable consumer has the name that a listener of this package gives. */
function isOwn(name: string, filterSubjects: readonly string[]): boolean {
  return filterSubjects.length === 1 && name.endsWith(`-${filterSubjects[0]!.replaceAll(".", "_")}`);
}

/** The durable consumers of an event's partitions are announced as one. */
function withoutPartition(name: string, filterSubject: string): string {
  return /\.p\d+$/.test(filterSubject) ? name.replace(/_p\d+$/, "") : name;
}

/** Others than this package's services answer as well; they name no version of it. */
function isOld(version: string | undefined): boolean {
  const parts = /^(\d+)\.(\d+)/.exec(version ?? "")?.slice(1).map(Number);
  if (parts === undefined) return false;
  return parts[0]! < SINCE[0]! || parts[0] === SINCE[0] && parts[1]! < SINCE[1]!;
}

function unique(obstacles: readonly Obstacle[]): Obstacle[] {
  return [...new Map(obstacles.map((each) => [each.name + each.reason, each])).values()];
}
