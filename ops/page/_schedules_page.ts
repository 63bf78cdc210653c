import { html } from "hono/html";
import { isGlamError } from "../../errors/glam_error.ts";
import type { ScheduleLike } from "../options.ts";
import { answerWithin, unanswered } from "./_answer_within.ts";
import { audit } from "./_audit.ts";
import { readForm } from "./_form.ts";
import { ago, badge, duration, type Html, type Shown, shown, table, until } from "./_html.ts";
import { respondPage } from "./_layout.ts";
import { may, type OpsContext, type OpsParts } from "./_ops_context.ts";
import type { Redaction } from "./_redacted.ts";

const WAIT_MS = 5000;
const TITLE = "Schedules";

/** A change of a schedule. */
export type ScheduleChange = "pause" | "resume" | "run";

/** The schedules of this service: when each comes next, and how its last runs ended. */
export async function schedulesPage(c: OpsContext, parts: OpsParts, redaction: Redaction): Promise<Response> {
  const { scheduler } = parts;
  if (scheduler === undefined) return await withoutScheduler(c, parts);
  const { value: schedules, problem } = await answerWithin(WAIT_MS, () => scheduler.list(), parts.logger);
  if (schedules === undefined) {
    const content = unanswered("database", problem);
    return await respondPage(c, parts, { title: TITLE, content, status: 503 });
  }
  const showsErrors = may(c, "payloads");
  const errors = schedules.flatMap(({ runs }) => runs).filter(({ error }) => error !== undefined).length;
  if (showsErrors && errors > 0) audit(c, parts, "schedules.errors.show", { runs: errors });
  const now = Date.now();
  const columns = [
    "Schedule",
    "When",
    "State",
    "Next",
    "Last runs",
    ...may(c, "schedules") ? ["Change"] : [],
  ];
  const rows = schedules.map((schedule): Shown[] => [
    shown(schedule.name),
    whenOf(schedule),
    stateOf(schedule),
    schedule.state === "active" ? until(schedule.nextAt, now) : undefined,
    runsOf(schedule, now, showsErrors ? redaction : undefined),
    ...may(c, "schedules") ? [changesOf(c, schedule)] : [],
  ]);
  const content = schedules.length === 0 ? html`<p>There are none.</p>` : table(TITLE, columns, rows);
  return await respondPage(c, parts, { title: TITLE, content });
}

function withoutScheduler(c: OpsContext, parts: OpsParts): Promise<Response> {
  const content =
    html`<p>This page was given no scheduler. Each service that has one shows it on its own page.</p>`;
  return respondPage(c, parts, { title: TITLE, content });
}

function whenOf({ cron, everyMs, timeZone }: ScheduleLike): Html | string {
  if (cron === undefined) return everyMs === undefined ? "–" : `every ${duration(everyMs)}`;
  return html`<code>${shown(cron, 100)}</code> ${shown(timeZone, 60)}`;
}

function stateOf({ state, lagSeconds }: ScheduleLike): Html {
  if (state === "active" && lagSeconds > 60) return badge(`${duration(lagSeconds * 1000)} late`, "bad");
  return badge(shown(state, 20)!, state === "active" ? "good" : state === "running" ? "plain" : "warn");
}

const SHOWN_RUNS = 5;

function runsOf({ runs }: ScheduleLike, now: number, redaction: Redaction | undefined): Html | undefined {
  if (runs.length === 0) return undefined;
  return html`${
    runs.slice(0, SHOWN_RUNS).map(({ at, durationMs, outcome, error }) => {
      const isFine = outcome === "succeeded" || outcome === "published";
      const why = redaction === undefined || error === undefined
        ? ""
        : html`: ${shown(redaction.text(error), 200)}`;
      return html`<div>${badge(shown(outcome, 20)!, isFine ? "good" : "bad")} ${ago(at, now)}, ${
        duration(durationMs)
      }${why}</div>`;
    })
  }`;
}

function changesOf({ env: { root } }: OpsContext, { name, state }: ScheduleLike): Html {
  const button = (change: ScheduleChange, text: string) =>
    html`
      <form method="post"
        action="${root}schedules/${change}"><input type="hidden" name="name" value="${name}"><button>${text}</button></form>
    `;
  return html`${button("run", "Run now")}${
    state === "paused" ? button("resume", "Resume") : button("pause", "Pause")
  }`;
}

/** Runs, pauses or resumes a schedule. */
export async function changeSchedule(
  c: OpsContext,
  parts: OpsParts,
  change: ScheduleChange,
): Promise<Response> {
  const { scheduler } = parts;
  const name = (await readForm(c))?.("name");
  if (scheduler === undefined) return await withoutScheduler(c, parts);
  const back = html`<p><a href="${c.env.root}schedules">All schedules</a></p>`;
  const answer = (text: string, kind: "bad" | "good", status: number) =>
    respondPage(c, parts, {
      title: TITLE,
      content: html`<p class="note ${kind}">${text}</p>${back}`,
      status,
    });
  if (name === undefined || name === "") return await answer("Expected the name of a schedule.", "bad", 422);
  try {
    if (change === "run") await scheduler.trigger(name);
    else await scheduler[change](name);
  } catch (error) {
    if (isGlamError(error) && error.status === 404) {
      return await answer("There is no such schedule.", "bad", 404);
    }
    throw error;
  }
  audit(c, parts, `schedules.${change}`, { schedule: name });
  const done = { run: "A process that has it begins it soon", pause: "Paused", resume: "Resumed" }[change];
  return await answer(`${done}: ${shown(name)}.`, "good", 200);
}
