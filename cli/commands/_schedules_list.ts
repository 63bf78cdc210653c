import type { ScheduleState } from "../../schedule/mod.ts";
import { toDocument } from "../_json.ts";
import { openSchedules, type ScheduleFlags } from "../_schedules.ts";
import type { Session } from "../_session.ts";
import { toTable } from "../_table.ts";

/** Prints all schedules. */
export async function run({ terminal, json }: Session, flags: ScheduleFlags): Promise<void> {
  await using opened = await openSchedules(flags);
  const states = await opened.scheduler.list();
  if (json) return await terminal.print(toDocument(states));
  if (states.length === 0) return await terminal.print("No schedules");
  await terminal.print(toTable(
    terminal,
    ["schedule", "when", "state", "next", "last", "outcome"],
    states.map((state) => {
      const [run] = state.runs;
      return [
        state.name,
        whenOf(state),
        state.lagSeconds > 60 ? `${state.state}, ${Math.round(state.lagSeconds)} s late` : state.state,
        state.state === "paused" || state.state === "removed" ? undefined : timeOf(state.nextAt),
        state.lastAt && timeOf(state.lastAt),
        run && (run.error === undefined ? run.outcome : `${run.outcome}: ${run.error}`),
      ];
    }),
  ));
}

function whenOf({ cron, everyMs, timeZone }: ScheduleState): string {
  return cron === undefined ? `every ${everyMs! / 1000} s` : `${cron} ${timeZone}`;
}

function timeOf(date: Date): string {
  return date.toISOString().replace(/\.\d+Z/, "Z");
}
