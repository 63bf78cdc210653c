import type { AnnouncedEndpoint, EndpointStats } from "./_announced_endpoints.ts";
import { microName } from "./_micro_name.ts";

/** The prefix of the subjects of NATS's Services protocol (ADR-32). */
const PREFIX = "$SRV";
const VERBS = ["PING", "INFO", "STATS"] as const;
const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$/;
const NANOS = 1e9;

/** A request of the protocol. */
export type Verb = typeof VERBS[number];

/** One instance of a service. */
export interface Instance {
  readonly service: string;
  readonly id: string;
  readonly version: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly startedAt: Date;
}

/** The subjects that an instance answers, with what each asks for. */
export function microSubjects({ service, id }: Instance): [subject: string, verb: Verb][] {
  const name = microName(service);
  return VERBS.flatMap((verb) =>
    ["", `.${name}`, `.${name}.${id}`].map((suffix): [string, Verb] => [`${PREFIX}.${verb}${suffix}`, verb])
  );
}

/** The answer to PING. */
export function pingResponse(instance: Instance): object {
  return { type: "io.nats.micro.v1.ping_response", ...identity(instance) };
}

/** The answer to INFO. */
export function infoResponse(instance: Instance, endpoints: readonly AnnouncedEndpoint[]): object {
  return {
    type: "io.nats.micro.v1.info_response",
    ...identity(instance),
    description: "",
    endpoints: endpoints.map((endpoint) => ({ ...place(endpoint), metadata: {} })),
  };
}

/** The answer to STATS. */
export function statsResponse(
  instance: Instance,
  endpoints: readonly (readonly [AnnouncedEndpoint, EndpointStats])[],
): object {
  return {
    type: "io.nats.micro.v1.stats_response",
    ...identity(instance),
    started: instance.startedAt.toISOString(),
    endpoints: endpoints.map(([endpoint, { requests = 0, errors = 0, seconds = 0, data }]) => ({
      ...place(endpoint),
      num_requests: requests,
      num_errors: errors,
      last_error: "", // texts of errors do not leave the process
      processing_time: Math.round(seconds * NANOS),
      average_processing_time: requests === 0 ? 0 : Math.round(seconds * NANOS / requests),
      ...data !== undefined && { data },
    })),
  };
}

function identity({ service, id, version = "", metadata }: Instance): object {
  const isSemver = SEMVER.test(version);
  return {
    name: microName(service),
    id,
    version: isSemver ? version : "0.0.0",
    metadata: isSemver || version === "" ? metadata : { ...metadata, version },
  };
}

function place({ name, subject, queueGroup }: AnnouncedEndpoint): object {
  return { name: microName(name), subject, queue_group: queueGroup };
}
