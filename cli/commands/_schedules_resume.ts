import { toDocument } from "../_json.ts";
import { openSchedules, type ScheduleFlags } from "../_schedules.ts";
import type { Session } from "../_session.ts";

/** Resumes a schedule. */
export async function run({ terminal, json }: Session, flags: ScheduleFlags, name: string): Promise<void> {
  await using opened = await openSchedules(flags);
  const changed = await opened.scheduler.resume(name);
  const outcome = changed ? "is resumed" : "was not paused";
  await terminal.print(json ? toDocument({ changed }) : `"${name}" ${outcome}`);
}
