import { html } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import { escapeControls } from "../../internal/terminal_text.ts";

/** HTML; everything that was put into it is escaped. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** What can be in HTML; `undefined` is a dash. */
export type Shown = Html | string | number | undefined;

const MAX_TEXT = 300;

/** A foreign text on one line: controls and characters that reorder a line are visible, and it has an end. */
export function shown(text: string | undefined, limit: number = MAX_TEXT): string | undefined {
  if (text === undefined) return undefined;
  const cut = text.length > limit ? `${text.slice(0, limit)}…` : text;
  return escapeControls(cut);
}

/** A time, and how long ago it was. */
export function ago(date: Date | undefined, now: number): Html | undefined {
  if (date === undefined) return undefined;
  const iso = date.toISOString().replace(/\.\d+Z/, "Z");
  return html`<time datetime="${iso}" title="${iso}">${duration(now - date.getTime())} ago</time>`;
}

/** A time to come, and when that is. */
export function until(date: Date, now: number): Html | string {
  const iso = date.toISOString().replace(/\.\d+Z/, "Z");
  const ms = date.getTime() - now;
  return html`<time datetime="${iso}" title="${iso}">${ms > 0 ? `in ${duration(ms)}` : "due"}</time>`;
}

const UNITS = [["d", 86_400_000], ["h", 3_600_000], ["min", 60_000]] as const;

/** A duration in the unit that fits. */
export function duration(ms: number): string {
  for (const [unit, size] of UNITS) if (ms >= 2 * size) return `${Math.floor(ms / size)} ${unit}`;
  return ms >= 1000 || ms < 0 ? `${Math.max(0, Math.round(ms / 1000))} s` : `${Math.round(ms)} ms`;
}

/** A number with its thousands apart. */
export function grouped(value: number): string {
  return value.toLocaleString("en-US");
}

/** A size in the unit that fits. */
export function bytes(value: number): string {
  if (value < 1000) return `${value} B`;
  const power = Math.min(4, Math.floor(Math.log10(value) / 3));
  return `${(value / 1000 ** power).toFixed(1)} ${["B", "kB", "MB", "GB", "TB"][power]}`;
}

/** A noun with its number: `1 dead letter`, `2,000 dead letters`. */
export function count(value: number, noun: string): string {
  return `${grouped(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** Where a cell's numbers stand below each other. */
export interface Column {
  readonly title: string;
  readonly isNumber?: boolean;
}

/** A table; on a phone each row is a card, whose cells have the titles of their columns. */
export function table(
  caption: string,
  columns: readonly (Column | string)[],
  rows: readonly (readonly Shown[])[],
): Html {
  const full = columns.map((column) => typeof column === "string" ? { title: column } : column) as Column[];
  const classOf = ({ isNumber = false }: Column) => isNumber ? "number" : "";
  return html`
    <div class="wide" role="region" aria-label="${caption}" tabindex="0">
      <table>
        <thead>
          <tr>${full.map((column) =>
            html`<th scope="col" class="${classOf(column)}">${column.title}</th>`
          )}</tr>
        </thead>
        <tbody>${rows.map((cells) =>
          html`
            <tr>${cells.map((cell, index) =>
              html`<td data-title="${full[index]!.title}" class="${classOf(full[index]!)}">${
                cell ?? "–"
              }</td>`
            )}</tr>
          `
        )}</tbody>
      </table>
    </div>
  `;
}

/** Names with their values; those without one are left out. */
export function facts(entries: readonly (readonly [name: string, value: Shown])[]): Html {
  return html`<dl>${
    entries.filter(([, value]) => value !== undefined).map(([name, value]) =>
      html`
        <dt>${name}</dt>
        <dd>${value}</dd>
      `
    )
  }</dl>`;
}

/** A word for a state, in its colour. */
export function badge(text: string, kind: "bad" | "good" | "warn" | "plain" = "plain"): Html {
  return html`<span class="badge ${kind}">${text}</span>`;
}

/** The badge of a health status. */
export function healthBadge(status: string): Html {
  const kind = status === "healthy" ? "good" : status === "degraded" ? "warn" : "bad";
  return badge(shown(status, 40)!, kind);
}

/** How full something is. */
export function meter(value: number, max: number): Html {
  const share = Math.min(1, value / max);
  const percent = `${Math.round(100 * share)} %`;
  return html`
    <meter min="0" max="1" low="0.75" high="0.9" optimum="0" value="${share.toFixed(3)}"
      title="${percent} full">${percent}</meter>
  `;
}
