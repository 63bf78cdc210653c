import { html } from "hono/html";
import type { ListenerHealth } from "../../messaging/listener/listener.ts";
import { namedListeners } from "../../service/_health.ts";
import { type Answer, answerWithin, unanswered } from "./_answer_within.ts";
import { ago, badge, count, facts, grouped, healthBadge, type Html, shown, table } from "./_html.ts";
import { respondPage } from "./_layout.ts";
import { levelSection } from "./_level_section.ts";
import { may, type OpsContext, type OpsParts } from "./_ops_context.ts";
import { dataNumber, type FleetInstance, readFleet } from "./_read_fleet.ts";
import type { Rates } from "./_rates.ts";

const WAIT_MS = 3000;

/** Every instance of every service that announces itself, and the listeners of this process. */
export async function fleetPage(c: OpsContext, parts: OpsParts, rates: Rates): Promise<Response> {
  const listeners = namedListeners(parts.listeners);
  const control = parts.control?.();
  const [fleet, level, own] = await Promise.all([
    answerWithin(WAIT_MS, () => readFleet(parts.bus), parts.logger),
    answerWithin(WAIT_MS, async () => await control?.state()),
    Promise.all(
      listeners.map(async ([name, listener]) =>
        [name, await answerWithin(WAIT_MS, () => listener.health())] as const
      ),
    ),
  ]);
  const services = fleet.value === undefined ? undefined : Map.groupBy(fleet.value, ({ name }) => name);
  const content = html`${
    services === undefined
      ? fleet.problem === undefined
        ? html`<p class="note">This bus can ask no more than one, and so not the fleet.</p>`
        : unanswered("message bus", fleet.problem)
      : services.size === 0
      ? html`
        <p
          class="note">No service answers. Services announce themselves from 0.2 on, where their credentials permit it.</p>
      `
      : html`<p>${count(fleet.value!.length, "instance")} of ${
        count(services.size, "service")
      } answered. Rates are those since somebody looked last, else since the start.</p>${
        [...services].map(([name, instances]) => serviceSection(c, name, instances, rates))
      }`
  }${
    own.length > 0
      ? html`<h2>Listeners of this process</h2>${own.map(([name, health]) => ownListener(c, name, health))}`
      : ""
  }${level.value === undefined ? "" : levelSection(c, `${c.env.root}level`, level.value)}`;
  return await respondPage(c, parts, { title: "Fleet", content });
}

function serviceSection(
  { env: { root } }: OpsContext,
  name: string,
  instances: readonly FleetInstance[],
  rates: Rates,
): Html {
  const versions = new Set(instances.map(({ version }) => version));
  const now = Date.now();
  return html`<h2 id="service-${name}">${name} <small>${count(instances.length, "instance")}</small> ${
    versions.size > 1 ? badge(`${versions.size} versions`, "warn") : ""
  }</h2>${
    table(
      name,
      [
        "Instance",
        "Version",
        "Health",
        "Started",
        { title: "Requests/s", isNumber: true },
        { title: "Failed", isNumber: true },
        { title: "Handled/s", isNumber: true },
        { title: "Behind", isNumber: true },
        { title: "Dead", isNumber: true },
        { title: "Outbox", isNumber: true },
        "URL",
      ],
      instances.map((instance) => {
        const { id, version, health, started, http, consumers, outbox, metadata } = instance;
        const sum = (field: string) => consumers.reduce((total, each) => total + dataNumber(each, field), 0);
        const isPaused = consumers.some(({ data }) => data?.["paused"] === true);
        return [
          html`<a href="${root}fleet/${name}/${id}">${id}</a>`,
          shown(version || "unknown", 60),
          html`${healthBadge(health)} ${isPaused ? badge("paused", "warn") : ""}`,
          ago(started, now),
          http && rates.of(instance, [http]),
          http && `${grouped(http.num_errors)} of ${grouped(http.num_requests)}`,
          consumers.length === 0 ? undefined : rates.of(instance, consumers),
          consumers.length === 0 ? undefined : grouped(sum("lag")),
          consumers.length === 0 ? undefined : grouped(sum("dead_letters")),
          outbox && grouped(dataNumber(outbox, "pending")),
          shown(metadata["url"], 120), // text: nothing is ever requested from it
        ];
      }),
    )
  }`;
}

function ownListener(c: OpsContext, name: string, { value, problem }: Answer<ListenerHealth>): Html {
  if (value === undefined) {
    return html`
      <h3>${name}</h3>
      <p class="note bad">${problem}</p>
    `;
  }
  const { status, reasons, in_flight, consumers, paused: isPaused = false } = value;
  return html`<h3>${name}</h3>
<div class="actions">${healthBadge(status)} ${isPaused ? badge("paused", "warn") : ""} <span>${
    count(in_flight, "running handler")
  }</span> ${may(c, "pause") ? listenerForm(`${c.env.root}listeners`, name, isPaused) : ""}</div>${
    may(c, "payloads") && reasons.length > 0
      ? html`<ul>${reasons.map((reason) => html`<li>${shown(reason)}</li>`)}</ul>`
      : ""
  }${
    table(
      "Consumers of this process",
      [
        "Consumer",
        "Subject",
        { title: "Behind", isNumber: true },
        { title: "Held", isNumber: true },
        { title: "Oldest", isNumber: true },
        { title: "Expired", isNumber: true },
      ],
      consumers.map(({ durable, subject, lag, held, expired, oldest_age_seconds: age }) => [
        shown(durable),
        shown(subject),
        grouped(lag),
        grouped(held),
        age === undefined ? undefined : `${Math.round(age)} s`,
        grouped(expired),
      ]),
    )
  }`;
}

/** The button that pauses or resumes a listener. */
export function listenerForm(action: string, name: string, isPaused: boolean): Html {
  const change = isPaused ? "resume" : "pause";
  return html`
    <form method="post"
      action="${action}/${change}"><input type="hidden" name="listener" value="${name}"><button>${isPaused
        ? "Resume"
        : "Pause"}</button></form>
  `;
}

/** What an instance tells of its parts. */
export function instanceFacts(instance: FleetInstance): Html {
  const { version, started, health, checks, metadata, endpoints } = instance;
  return html`${
    facts([
      ["Version", shown(version || "unknown", 60)],
      ["Health", healthBadge(health)],
      ["Started", ago(started, Date.now())],
      ["Runtime", shown(metadata["runtime"], 100)],
      ["Package", shown(metadata["package"], 100)],
      ["URL", shown(metadata["url"], 200)],
    ])
  }
<h2>Checks</h2>
${
    Object.keys(checks).length === 0 ? html`<p>None.</p>` : facts(
      Object.entries(checks).slice(0, 100).map(([name, status]) => [
        shown(name, 60)!,
        healthBadge(String(status)),
      ]),
    )
  }
<h2>Parts</h2>
${
    table(
      "Parts",
      [
        "Name",
        "Subject",
        { title: "Requests", isNumber: true },
        { title: "Failed", isNumber: true },
        { title: "On average", isNumber: true },
        "Numbers",
      ],
      endpoints.filter(({ name }) => name !== "health").map((endpoint) => [
        shown(endpoint.name),
        shown(endpoint.subject),
        grouped(endpoint.num_requests),
        grouped(endpoint.num_errors),
        endpoint.num_requests === 0 ? undefined : `${(endpoint.average_processing_time / 1e6).toFixed(1)} ms`,
        numbersOf(endpoint.data ?? {}),
      ]),
    )
  }`;
}

function numbersOf(data: Readonly<Record<string, unknown>>): string | undefined {
  const members = Object.entries(data).slice(0, 30).flatMap(([name, value]) =>
    typeof value === "object" || value === undefined ? [] : [`${shown(name, 40)} ${shown(String(value), 60)}`]
  );
  return members.length === 0 ? undefined : members.join(", ");
}
