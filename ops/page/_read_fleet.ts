import * as z from "zod";
import type { IncomingMessage, MessageBus } from "../../messaging/bus/message_bus.ts";

/** Longest text of an answer that is taken. */
const text = z.string().max(500).catch("");
const number = z.number().nonnegative().catch(0);

/** A part of an instance. */
export interface InstanceEndpoint {
  readonly name: string;
  readonly subject: string;
  readonly num_requests: number;
  readonly num_errors: number;
  readonly average_processing_time: number;
  readonly data?: Readonly<Record<string, unknown>> | undefined;
}

const Endpoint: z.ZodType<InstanceEndpoint> = z.object({
  name: text,
  subject: text,
  num_requests: number,
  num_errors: number,
  average_processing_time: number,
  data: z.record(z.string(), z.unknown()).optional().catch(undefined),
});

const Stats = z.object({
  type: z.literal("io.nats.micro.v1.stats_response"),
  name: z.string().regex(/^[\w-]{1,200}$/),
  id: z.string().regex(/^[\w-]{1,200}$/),
  version: text,
  metadata: z.record(z.string(), z.string()).catch({}),
  started: text,
  endpoints: z.array(Endpoint).max(2000).catch([]),
});

/** An instance of a service, as it announces itself. */
export interface FleetInstance {
  readonly name: string;
  readonly id: string;
  readonly version: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly started: Date | undefined;
  /** `unknown` of a service that has no health. */
  readonly health: string;
  /** The health of each check. */
  readonly checks: Readonly<Record<string, unknown>>;
  readonly http: InstanceEndpoint | undefined;
  /** One for each durable consumer. */
  readonly consumers: readonly InstanceEndpoint[];
  readonly outbox: InstanceEndpoint | undefined;
  readonly endpoints: readonly InstanceEndpoint[];
}

/** All instances that answer, by name; `undefined` where the bus can only ask one. */
export async function readFleet(bus: MessageBus): Promise<readonly FleetInstance[] | undefined> {
  const replies = await gather(bus, "$SRV.STATS", 400);
  return replies?.flatMap(({ data }) => toInstance(data) ?? []).sort((one, other) =>
    compare(one.name, other.name) || (one.started?.getTime() ?? 0) - (other.started?.getTime() ?? 0) ||
    compare(one.id, other.id)
  );
}

/** One instance; `undefined` where it does not answer. */
export async function readInstance(
  bus: MessageBus,
  name: string,
  id: string,
): Promise<FleetInstance | undefined> {
  const replies = await gather(bus, `$SRV.STATS.${name}.${id}`, 50);
  return replies?.map(({ data }) => toInstance(data)).find((instance) => instance !== undefined);
}

/** A server that hangs is not a fleet without services: it has to answer as well. */
async function gather(
  bus: MessageBus,
  subject: string,
  idleMs: number,
): Promise<IncomingMessage[] | undefined> {
  if (bus.gather === undefined) return undefined;
  const [replies] = await Promise.all([bus.gather(subject, "", { timeoutMs: 1200, idleMs }), bus.flush()]);
  return replies;
}

/** Anybody may answer: what is no answer of the protocol is left out. */
function toInstance(data: Uint8Array): FleetInstance | undefined {
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder().decode(data));
  } catch {
    return undefined;
  }
  const { success, data: stats } = Stats.safeParse(body);
  if (!success) return undefined;
  const { name, id, version, metadata, endpoints } = stats;
  const find = (wanted: string) => endpoints.find((endpoint) => endpoint.name === wanted);
  const { status, checks } = find("health")?.data ?? {};
  const started = new Date(stats.started);
  return {
    name,
    id,
    version: metadata["version"] ?? version,
    metadata,
    started: Number.isNaN(started.getTime()) ? undefined : started,
    health: typeof status === "string" ? status : "unknown",
    checks: typeof checks === "object" && checks !== null ? checks as Record<string, unknown> : {},
    http: find("http"),
    consumers: endpoints.filter(({ data }) => typeof data?.["listener"] === "string"),
    outbox: find("outbox"),
    endpoints,
  };
}

/** A number in the data of an endpoint; 0 where there is none. */
export function dataNumber(endpoint: InstanceEndpoint | undefined, name: string): number {
  const value = endpoint?.data?.[name];
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
