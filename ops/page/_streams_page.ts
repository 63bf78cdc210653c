import { html } from "hono/html";
import type { StreamConsumer } from "../../messaging/bus/consumer.ts";
import type { StreamInfo } from "../../messaging/bus/stream.ts";
import { answerWithin, unanswered } from "./_answer_within.ts";
import { badge, bytes, duration, grouped, type Html, meter, shown, table } from "./_html.ts";
import { respondPage } from "./_layout.ts";
import type { OpsContext, OpsParts } from "./_ops_context.ts";
import { isAtLimit, readStreams, shareOf, type StreamState } from "./_read_streams.ts";

const WAIT_MS = 5000;

/** Streams, how full they are, and the consumers of each. */
export async function streamsPage(c: OpsContext, parts: OpsParts): Promise<Response> {
  const { value: streams, problem } = await answerWithin(WAIT_MS, () => readStreams(parts.bus), parts.logger);
  const content = streams === undefined
    ? unanswered("message bus", problem)
    : streams.length === 0
    ? html`<p>There are no streams; the first service that starts makes them.</p>`
    : html`${streamsTable(streams)}${streams.map(consumersSection)}`;
  return await respondPage(c, parts, { title: "Streams and consumers", content });
}

function streamsTable(streams: readonly StreamState[]): Html {
  const columns = [
    "Stream",
    "Subjects",
    { title: "Messages", isNumber: true },
    { title: "Size", isNumber: true },
    "Full",
    "At the limit",
    "Kept for",
    { title: "Sequences", isNumber: true },
  ];
  return table(
    "Streams",
    columns,
    streams.map(({ info }) => {
      const { config, messages, firstSequence, lastSequence } = info;
      return [
        html`<a href="#${config.name}">${config.name}</a>`,
        config.subjects.length === 0 ? "a copy" : shown(config.subjects.join(" ")),
        grouped(messages),
        bytes(info.bytes),
        fullness(info),
        config.discard === "new" ? "refuses new ones" : "drops old ones",
        config.maxAgeMs === undefined ? "ever" : duration(config.maxAgeMs),
        `${grouped(firstSequence)} to ${grouped(lastSequence)}`,
      ];
    }),
  );
}

function fullness(info: StreamInfo): Html | string {
  const { maxMessages, maxBytes, discard } = info.config;
  if (maxMessages === undefined && maxBytes === undefined) return "no limit";
  const share = shareOf(info);
  const isFull = share >= 1;
  return html`${meter(share, 1)} ${isFull ? badge("full", discard === "new" ? "bad" : "plain") : ""}`;
}

function consumersSection({ info: { config }, consumers }: StreamState): Html {
  const heading = html`<h2 id="${config.name}">Consumers of ${config.name}</h2>`;
  if (consumers === undefined) return html`${heading}<p>This bus cannot list them.</p>`;
  if (consumers.length === 0) return html`${heading}<p>None.</p>`;
  return html`${heading}${
    table(
      `Consumers of ${config.name}`,
      [
        "Consumer",
        "Subjects",
        { title: "Waiting", isNumber: true },
        { title: "Being handled", isNumber: true },
        { title: "Again", isNumber: true },
        { title: "Settled up to", isNumber: true },
        "State",
      ],
      consumers.map((consumer) => [
        shown(consumer.name),
        shown(consumer.filterSubjects.join(" ")),
        grouped(consumer.pending),
        grouped(consumer.ackPending),
        grouped(consumer.redelivered),
        grouped(consumer.ackFloor),
        stateOf(consumer),
      ]),
    )
  }`;
}

function stateOf(consumer: StreamConsumer): Html {
  const { durable, waiting, pending, ackPending, redelivered } = consumer;
  if (!durable) return badge("temporary");
  const isBusy = isAtLimit(consumer);
  if (waiting === 0 && !isBusy) {
    return pending + ackPending > 0 ? badge("nobody asks", "bad") : badge("nobody asks", "warn");
  }
  if (redelivered > 0) return badge("retries", "warn");
  return isBusy ? badge("at its limit", "plain") : badge("asks", "good");
}
