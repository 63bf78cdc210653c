import type { ScheduleRun } from "../../schedule/mod.ts";
import { sleep } from "../../internal/clock.ts";
import { toDocument } from "../_json.ts";
import { openSchedules, type ScheduleFlags } from "../_schedules.ts";
import type { Session } from "../_session.ts";

interface RunFlags extends ScheduleFlags {
  readonly wait: boolean;
}

/** How often the table is read for the end of the run. */
const POLL_MS = 250;
/** When to say that no process takes the tick: a scheduler looks at the table every 10 seconds unless it says otherwise. */
const HINT_MS = 15_000;

/** Asks for a tick, and waits for its end. */
export async function run(
  session: Session,
  { wait, ...flags }: RunFlags,
  name: string,
): Promise<number> {
  const { terminal, json } = session;
  await using opened = await openSchedules(flags);
  const { scheduler } = opened;
  const at = await scheduler.trigger(name);
  if (!wait) {
    await terminal.print(
      json ? toDocument({ at }) : `"${name}" begins when a process of its service looks at the table`,
    );
    return 0;
  }
  if (!json) terminal.printError(`Waiting for a process that has "${name}" ...`);
  const since = performance.now();
  let hinted = false;
  for (;;) {
    const found = (await scheduler.list()).find((state) => state.name === name);
    const ended = found?.runs.find((run) => run.at.getTime() === at.getTime());
    if (ended !== undefined) return await report(session, name, ended);
    if (!hinted && found?.state !== "running" && performance.now() - since > HINT_MS) {
      hinted = true;
      terminal.printError(`No process has begun it: does its service run? Ctrl-C leaves the tick requested.`);
    }
    await sleep(POLL_MS, session.signal);
  }
}

async function report({ terminal, json }: Session, name: string, run: ScheduleRun): Promise<number> {
  const { outcome, durationMs, error } = run;
  const reason = error === undefined ? "" : `: ${error}`;
  await terminal.print(
    json ? toDocument(run) : `"${name}" ${outcome.replace("_", " ")} after ${durationMs} ms${reason}`,
  );
  return outcome === "succeeded" || outcome === "published" ? 0 : 1;
}
