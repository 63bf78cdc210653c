import { html } from "hono/html";
import type { LogLevel } from "../../logging/levels.ts";
import { isGlamError } from "../../errors/glam_error.ts";
import type { Control, ControlState } from "../../service/control.ts";
import { createRemoteControl } from "../../service/create_remote_control.ts";
import { type Answer, answerWithin, problemOf } from "./_answer_within.ts";
import { audit } from "./_audit.ts";
import { instanceFacts, listenerForm } from "./_fleet_page.ts";
import { readForm } from "./_form.ts";
import { badge, type Html, shown, table } from "./_html.ts";
import { respondPage } from "./_layout.ts";
import { LEVELS, levelSection } from "./_level_section.ts";
import { may, type OpsContext, type OpsParts } from "./_ops_context.ts";
import { readInstance } from "./_read_fleet.ts";

const WAIT_MS = 3000;
const COMMAND_MS = 2000;

/** One instance of a service, and what can be changed in it. */
export async function instancePage(c: OpsContext, parts: OpsParts): Promise<Response> {
  const { name, id } = instanceOf(c);
  const [{ value: instance, problem }, control] = await Promise.all([
    answerWithin(WAIT_MS, () => readInstance(parts.bus, name, id), parts.logger),
    answerWithin(WAIT_MS, () => controlOf(parts, name, id).state()),
  ]);
  const title = `${name} ${id}`;
  const back = html`<p><a href="${c.env.root}fleet">Fleet</a></p>`;
  if (instance === undefined) {
    const why = problem === undefined
      ? "It does not answer: it has ended, or hangs."
      : `The message bus: ${problem}`;
    const content = html`<p class="note bad">${why}</p>${back}`;
    return await respondPage(c, parts, { title, content, status: problem === undefined ? 404 : 503 });
  }
  const content = html`${instanceFacts(instance)}${controlSection(c, control)}${back}`;
  return await respondPage(c, parts, { title, content });
}

function instanceOf(c: OpsContext): { readonly name: string; readonly id: string } {
  const { service, instance } = c.req.param() as { service: string; instance: string };
  return { name: service, id: instance };
}

function controlOf({ bus }: OpsParts, service: string, instance: string): Control {
  return createRemoteControl(bus, { service, instance, timeoutMs: COMMAND_MS });
}

function controlSection(c: OpsContext, { value: state }: Answer<ControlState>): Html {
  if (state === undefined) {
    return html`
      <h2>Commands</h2>
      <p>It takes none: its service does so with <code>control: true</code>.</p>
    `;
  }
  const { path, root } = c.env;
  const action = `${root}${path.slice(1)}`;
  const mayPause = may(c, "pause");
  const rows = state.listeners.map(({ name, paused, subjects }) => [
    shown(name),
    shown(subjects.join(" ")),
    paused ? badge("paused", "warn") : badge("active", "good"),
    ...mayPause ? [listenerForm(action, name, paused)] : [],
  ]);
  return html`<h2>Listeners</h2>${
    rows.length === 0
      ? html`<p>None.</p>`
      : table("Listeners", ["Listener", "Subjects", "State", ...mayPause ? ["Change"] : []], rows)
  }${levelSection(c, `${action}/level`, state)}`;
}

/** Pauses or resumes a listener of an instance, or sets its log level. */
export async function changeInstance(
  c: OpsContext,
  parts: OpsParts,
  change: "level" | "pause" | "resume",
): Promise<Response> {
  const { name, id } = instanceOf(c);
  const back = html`<p><a href="${c.env.root}fleet/${name}/${id}">Back to the instance</a></p>`;
  return await changeByControl(c, parts, change, controlOf(parts, name, id), {
    title: `${name} ${id}`,
    back,
    fields: { service: name, instance: id },
  });
}

/** Sends a command that a form describes, and says what came of it. */
export async function changeByControl(
  c: OpsContext,
  parts: OpsParts,
  change: "level" | "pause" | "resume",
  control: Control,
  { title, back, fields }: {
    readonly title: string;
    readonly back: Html;
    readonly fields: Readonly<Record<string, string>>;
  },
): Promise<Response> {
  const answer = (text: string, kind: "bad" | "good", status: number) =>
    respondPage(c, parts, { title, content: html`<p class="note ${kind}">${text}</p>${back}`, status });
  const get = await readForm(c);
  const [listener, level] = [get?.("listener") ?? "", get?.("level") ?? ""];
  if (change === "level" ? level !== "" && !LEVELS.includes(level as LogLevel) : listener === "") {
    return await answer(change === "level" ? "There is no such level." : "Expected a listener.", "bad", 422);
  }
  const by = c.env.operator.name;
  const what = change === "level" ? { level: level || "as before" } : { listener };
  audit(c, parts, change === "level" ? "level.set" : `listener.${change}`, { ...fields, ...what });
  try {
    if (change === "level") await control.setLevel(level === "" ? undefined : level as LogLevel, { by });
    else await control[change](listener, { by });
  } catch (error) {
    if (!isGlamError(error)) throw error;
    const isMissing = error.status === 404;
    const text = isMissing ? "There is no such listener." : `It did not do it: ${problemOf(error)}.`;
    return await answer(text, "bad", isMissing ? 404 : 503);
  }
  const done = {
    level: level === "" ? "Each logger has its own level again." : `The level is ${level} for 15 minutes.`,
    pause: `Paused: ${
      shown(listener)
    }, until somebody resumes it or the process ends. Other processes go on.`,
    resume: `Resumed: ${shown(listener)}.`,
  };
  return await answer(done[change], "good", 200);
}
