import { html } from "hono/html";
import type { LogLevel } from "../../logging/levels.ts";
import type { ControlState } from "../../service/control.ts";
import { type Html, shown } from "./_html.ts";
import { may, type OpsContext } from "./_ops_context.ts";

/** The levels that can be chosen. */
export const LEVELS: readonly LogLevel[] = ["debug", "info", "warning", "error"];

/** The log level, and a form that changes it for a quarter of an hour. */
export function levelSection(c: OpsContext, action: string, { level, level_until }: ControlState): Html {
  const option = (value: string, text: string) => html`<option value="${value}">${text}</option>`;
  return html`<h2>Log level</h2>
<p>${
    level === undefined
      ? "Each logger has its own."
      : html`All loggers write <strong>${level}</strong> and worse, until ${shown(level_until, 40)}.`
  }</p>${
    may(c, "level")
      ? html`
        <form method="post" class="row"
          action="${action}"><label>For 15 minutes<select name="level">${LEVELS.map((value) =>
            option(value, value)
          )}${option("", "as before")}</select></label><button>Set</button></form>
      `
      : ""
  }`;
}
