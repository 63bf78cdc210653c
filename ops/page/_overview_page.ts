import { html } from "hono/html";
import { Streams } from "../../messaging/bus/streams.ts";
import { answerWithin } from "./_answer_within.ts";
import { count, duration, grouped, type Html, shown } from "./_html.ts";
import { respondPage } from "./_layout.ts";
import type { OpsContext, OpsParts } from "./_ops_context.ts";
import { type FleetInstance, readFleet } from "./_read_fleet.ts";
import { isAtLimit, readStreams } from "./_read_streams.ts";

/** How long a tile waits: the page is there within two seconds, whatever hangs. */
const TILE_MS = 1500;

/** What one tile says. */
interface Tile {
  readonly kind: "bad" | "good" | "warn" | "plain";
  readonly big: string;
  readonly lines?: readonly string[];
}

/** The first page: a tile for each thing that can be wrong, with a link to where it is put right. */
export async function overviewPage(c: OpsContext, parts: OpsParts): Promise<Response> {
  const { root } = c.env;
  const tile = async (title: string, path: string, ask: (() => Promise<Tile>) | undefined): Promise<Html> => {
    if (ask === undefined) return html``; // the page was not given it
    const { value, problem } = await answerWithin(TILE_MS, ask, parts.logger);
    const { kind, big, lines = [] } = value ?? { kind: "bad", big: "?", lines: [problem] };
    return html`
      <section class="tile ${kind}"><h2><a href="${root}${path}">${title}</a></h2>
      <p class="big">${big}</p>${lines.map((line) => html`<p>${line}</p>`)}</section>
    `;
  };
  const { database, listeners, outbox, scheduler } = parts;
  const tiles = await Promise.all([
    tile("Fleet", "fleet", () => fleetTile(parts)),
    tile("Dead letters", "dead-letters", () => deadLettersTile(parts)),
    tile("Streams", "streams", () => streamsTile(parts)),
    tile("Outbox", "outbox", outbox && (() => outboxTile(outbox))),
    tile("Listeners here", "fleet", listeners.length === 0 ? undefined : () => listenersTile(parts)),
    tile("Schedules", "schedules", scheduler && (() => schedulesTile(scheduler))),
    tile("Database", outbox === undefined ? "fleet" : "outbox", database && (() => databaseTile(database))),
  ]);
  const content = html`<div class="tiles">${tiles}</div>
<h2>Trail</h2>
<p>Everything that is still stored under one correlation id.</p>
<form class="row" method="get" action="${root}trail"><label>Correlation id<input name="id" required
maxlength="128" placeholder="corr_3d9c571e6e98" autocomplete="off" spellcheck="false"></label><button>Follow</button></form>`;
  return await respondPage(c, parts, { title: "Overview", content });
}

async function fleetTile({ bus }: OpsParts): Promise<Tile> {
  const instances = await readFleet(bus);
  if (instances === undefined) {
    return { kind: "plain", big: "–", lines: ["this bus can ask no more than one"] };
  }
  const services = Map.groupBy(instances, ({ name }) => name);
  const sick = instances.filter(({ health }) => health === "unhealthy");
  const weak = instances.filter(({ health }) => health === "degraded");
  const mixed = [...services].filter(([, each]) => new Set(each.map(({ version }) => version)).size > 1);
  return {
    kind: instances.length === 0
      ? "plain"
      : sick.length > 0
      ? "bad"
      : weak.length + mixed.length > 0
      ? "warn"
      : "good",
    big: count(services.size, "service"),
    lines: [
      count(instances.length, "instance"),
      ...sick.length > 0 ? [`${grouped(sick.length)} unhealthy: ${namesOf(sick)}`] : [],
      ...weak.length > 0 ? [`${grouped(weak.length)} degraded: ${namesOf(weak)}`] : [],
      ...mixed.map(([name, each]) =>
        `${name} runs ${new Set(each.map(({ version }) => version)).size} versions`
      ),
    ],
  };
}

function namesOf(instances: readonly FleetInstance[]): string {
  return [...new Set(instances.map(({ name }) => name))].slice(0, 5).join(", ");
}

async function deadLettersTile({ bus }: OpsParts): Promise<Tile> {
  const info = await bus.streamInfo(Streams.DLQ);
  if (info === undefined) return { kind: "plain", big: "0", lines: ["no stream of dead letters yet"] };
  const { messages, config } = info;
  const room = config.maxMessages === undefined ? [] : [`room for ${grouped(config.maxMessages)}`];
  const isFull = config.maxMessages !== undefined && messages >= config.maxMessages;
  return {
    kind: isFull ? "bad" : messages > 0 ? "warn" : "good",
    big: grouped(messages),
    lines: isFull ? ["full: listeners wait for room"] : messages > 0 ? room : ["none"],
  };
}

async function streamsTile({ bus }: OpsParts): Promise<Tile> {
  const streams = await readStreams(bus);
  const consumers = streams.flatMap((stream) => stream.consumers ?? []);
  const lag = consumers.reduce((sum, { pending }) => sum + pending, 0);
  const idle = consumers.filter((consumer) =>
    consumer.durable && consumer.waiting === 0 && consumer.pending > 0 && !isAtLimit(consumer)
  );
  const full = streams.filter(({ share }) => share >= 0.9);
  return {
    kind: full.length > 0 ? "bad" : idle.length > 0 ? "warn" : "good",
    big: `${grouped(lag)} waiting`,
    lines: [
      `${count(streams.length, "stream")}, ${count(consumers.length, "consumer")}`,
      ...idle.length > 0 ? [`${count(idle.length, "consumer")} with messages that nobody asks for`] : [],
      ...full.map(({ info, share }) => `${info.config.name} is ${Math.floor(share * 100)} % full`),
    ],
  };
}

async function outboxTile(outbox: NonNullable<OpsParts["outbox"]>): Promise<Tile> {
  const { pending, dead, delayed, oldest_age_seconds: age } = await outbox.status();
  const isLate = age !== undefined && age > 60;
  return {
    kind: dead > 0 ? "bad" : isLate ? "warn" : "good",
    big: `${grouped(pending)} pending`,
    lines: [
      ...dead > 0 ? [`${count(dead, "dead event")}`] : [],
      ...age !== undefined ? [`the oldest for ${duration(age * 1000)}`] : [],
      ...delayed > 0 ? [`${grouped(delayed)} not due yet`] : [],
    ],
  };
}

async function listenersTile({ listeners }: OpsParts): Promise<Tile> {
  const states = await Promise.all(listeners.map((listener) => listener.health()));
  const worst = states.some(({ status }) => status === "unhealthy")
    ? "unhealthy"
    : states.some(({ status }) => status === "degraded")
    ? "degraded"
    : "healthy";
  const lag = states.flatMap(({ consumers }) => consumers).reduce((sum, { lag }) => sum + lag, 0);
  const expired = states.flatMap(({ consumers }) => consumers).reduce((sum, { expired }) => sum + expired, 0);
  return {
    kind: worst === "healthy" ? "good" : worst === "degraded" ? "warn" : "bad",
    big: worst,
    lines: [
      `${count(listeners.length, "listener")}, ${grouped(lag)} behind`,
      ...expired > 0 ? [`${count(expired, "message")} expired unhandled`] : [],
    ],
  };
}

/** A tick that is later than this is not only waiting for its turn, in seconds. */
const LATE_SECONDS = 60;

async function schedulesTile(scheduler: NonNullable<OpsParts["scheduler"]>): Promise<Tile> {
  const schedules = await scheduler.list();
  const failed = schedules.filter(({ runs: [last] }) =>
    last !== undefined && !["published", "succeeded"].includes(last.outcome)
  );
  const late = schedules.filter(({ lagSeconds }) => lagSeconds > LATE_SECONDS);
  const paused = schedules.filter(({ state }) => state === "paused");
  const named = (what: string, some: typeof schedules) =>
    some.length === 0 ? [] : [`${what}: ${some.slice(0, 5).map(({ name }) => shown(name, 60)).join(", ")}`];
  return {
    kind: late.length > 0 ? "bad" : failed.length + paused.length > 0 ? "warn" : "good",
    big: count(schedules.length, "schedule"),
    lines: [...named("late", late), ...named("failed last", failed), ...named("paused", paused)],
  };
}

async function databaseTile(database: NonNullable<OpsParts["database"]>): Promise<Tile> {
  const { status, latency_ms } = await database.health();
  return {
    kind: status === "healthy" ? "good" : "bad",
    big: status,
    lines: [
      status === "healthy" ? `answers in ${Math.round(latency_ms)} ms` : "no answer, or it takes no writes",
    ],
  };
}
