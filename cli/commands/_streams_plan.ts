import { type DomainStream, domainStreams, type StreamLayout } from "../../messaging/mod.ts";
import type { LayoutPlan } from "../../ops/streams/layout_plan.ts";
import { planLayout } from "../../ops/streams/plan_layout.ts";
import { type BusFlags, openBus } from "../_connect.ts";
import { toDocument } from "../_json.ts";
import { requireModule } from "../_modules.ts";
import { type Session, UsageError } from "../_session.ts";
import { count, toTable } from "../_table.ts";
import type { Terminal } from "../_terminal.ts";
import { sizeText } from "../_units.ts";

interface PlanFlags extends BusFlags {
  readonly layout?: string;
}

/** Prints what a change of the streams to a layout would take. */
export async function run(
  { terminal, json }: Session,
  { layout: module, ...flags }: PlanFlags,
  ...domains: string[]
): Promise<void> {
  const layout = await readLayout(domains, module);
  await using bus = await openBus(flags);
  const plan = await planLayout(bus, layout);
  if (json) return await terminal.print(toDocument(plan));
  await terminal.print(describePlan(terminal, plan));
  terminal.printError("Nothing was changed, and no command moves messages or consumers");
}

async function readLayout(domains: readonly string[], module: string | undefined): Promise<StreamLayout> {
  if (domains.length > 0 && module !== undefined) {
    throw new UsageError("Give either domains or --layout");
  }
  if (domains.length > 0) return checked(() => domainStreams(domains.map(toDomainStream)));
  const { path, exports } = await requireModule("streams", "--layout", module);
  const layouts = Object.values(exports).filter(isLayout);
  if (layouts.length === 1) return checked(() => domainStreams(layouts[0]!.domains, limitsOf(layouts[0]!)));
  throw new UsageError(
    `Expected ${path} to export one layout, as domainStreams makes it, got ${layouts.length}`,
  );
}

function limitsOf({ domains: _domains, ...limits }: StreamLayout) {
  return limits;
}

function toDomainStream(text: string): DomainStream | string {
  const [name, domains] = text.split("=", 2);
  return domains === undefined ? text : { name: name!, domains: domains.split(",") };
}

function checked(make: () => StreamLayout): StreamLayout {
  try {
    return make();
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function isLayout(value: unknown): value is StreamLayout {
  return typeof value === "object" && value !== null && Array.isArray((value as StreamLayout).domains);
}

function describePlan(terminal: Terminal, { streams, moves, listed, obstacles }: LayoutPlan): string {
  const parts: string[] = [];
  if (streams.length > 0) {
    const rows = streams.map(({ name, subjects }) => [name, subjects.join(" ")]);
    parts.push(toTable(terminal, ["to make", "subjects"], rows));
  }
  if (listed.length > 0 && moves.length > 0) {
    parts.push(`GLAM_EVENTS would list ${count(listed.length, "domain")}: ${listed.join(" ")}`);
  }
  if (moves.length > 0) {
    parts.push(toTable(
      terminal,
      ["from", "to", "messages", "size", "durables", "not settled", "subjects"],
      moves.map(({ from, to, messages, bytes, durables, subjects }) => [
        from,
        to,
        messages,
        sizeText(bytes),
        durables.length,
        durables.reduce((sum, { open }) => sum + open, 0),
        subjects.join(" "),
      ]),
    ));
    const bytes = moves.reduce((sum, move) => sum + move.bytes, 0);
    if (bytes > 0) {
      parts.push(
        `Copied into their streams, ${sizeText(bytes)} would be stored twice until the old ones expire`,
      );
    }
  }
  if (obstacles.length > 0) {
    const rows = obstacles.map(({ kind, name, reason }) => [kind, name, reason]);
    parts.push(toTable(terminal, ["in the way", "", ""], rows));
  }
  return parts.length === 0 ? "The streams are as the layout says" : parts.join("\n\n");
}
