import { domainOf } from "../contract/_subject.ts";
import { assertStreamLimits, type FleetStreamLimits, type StreamLimits } from "./stream_limits.ts";

/** A stream for the events and commands of its domains; a domain is the second token of a subject. */
export interface DomainStream extends StreamLimits {
  /** Its name is `GLAM_` and this in capitals: letters, digits, `_` and `-`; not `events` or `dlq`. */
  readonly name: string;
  /**
   * Its domains.
   * @default the name
   */
  readonly domains?: readonly string[] | undefined;
}

/** The streams of a fleet: those of domains, `GLAM_EVENTS` for all other domains, and `GLAM_DLQ`. */
export interface StreamLayout extends FleetStreamLimits {
  /** Streams of domains; a text is a stream of the domain of its name. */
  readonly domains: readonly (DomainStream | string)[];
}

/**
 * A layout with a stream for each of some domains, for `connectNats`, `createMemoryBus` and `ensureStreams`: `"catalog"` is
 * the stream `GLAM_CATALOG` of `evt.catalog.>` and `cmd.catalog.>`. The limits of `events` hold for these streams as well,
 * unless one says others.
 *
 * Every service of the fleet has to be given the same layout. It is for streams that are made anew: nothing moves the
 * messages and consumers of a stream that exists.
 *
 * @example
 * ```ts
 * import { createMemoryBus, domainStreams, ensureStreams } from "@glam/shared/messaging";
 *
 * const streams = domainStreams(
 *   ["catalog", { name: "notification", domains: ["notification", "email"], maxMessages: 100_000 }],
 *   { events: { replicas: 1 } },
 * );
 * await using bus = createMemoryBus({ streams });
 * await ensureStreams(bus);
 * console.log(await bus.findStream("evt.email.send.complete.v1")); // GLAM_NOTIFICATION
 * ```
 *
 * @throws {TypeError} when a name or a domain is malformed, or two streams have the same.
 * @throws {RangeError} when a limit is out of range.
 */
export function domainStreams(
  domains: readonly (DomainStream | string)[],
  limits: FleetStreamLimits = {},
): StreamLayout {
  const layout = { ...limits, domains: domains.map(toDomainStream) };
  assertStreamLayout(layout);
  return layout;
}

/**
 * Checks a layout, or limits alone.
 *
 * @throws {TypeError} when a key is unknown, a name or a domain is malformed, or two streams have the same.
 * @throws {RangeError} when a number is out of range.
 */
export function assertStreamLayout(layout: FleetStreamLimits | StreamLayout): void {
  const { domains = [], ...limits } = layout as Partial<StreamLayout>;
  if (!Array.isArray(domains)) throw new TypeError("Expected `streams.domains` to be a list");
  assertStreamLimits(limits);
  const names = new Set(["GLAM_EVENTS", "GLAM_DLQ"]);
  const known = new Set<string>();
  for (const each of domains) {
    const { name, domains: own, ...limits } = toDomainStream(each);
    if (!/^[A-Za-z0-9_-]+$/.test(name)) {
      throw new TypeError(
        `Expected the name of a domain stream to be letters, digits, _ and -, got "${name}"`,
      );
    }
    const stream = domainStreamName(name);
    if (names.has(stream)) throw new TypeError(`Expected one stream ${stream}, got two`);
    names.add(stream);
    assertStreamLimits({ events: limits }, `domains.${name}`);
    if (own.length === 0) throw new TypeError(`Expected ${stream} to have a domain, got none`);
    for (const domain of own) {
      if (domainOf(`evt.${domain}.x`) !== domain) {
        throw new TypeError(`Expected a domain to be one token of a subject, got ${JSON.stringify(domain)}`);
      }
      if (known.has(domain)) throw new TypeError(`Expected one stream of the domain "${domain}", got two`);
      known.add(domain);
    }
  }
}

/** A domain stream with its domains. */
export function toDomainStream(given: DomainStream | string): DomainStream & { domains: readonly string[] } {
  if (typeof given === "string") return { name: given, domains: [given] };
  return { ...given, domains: given.domains ?? [given.name] };
}

/** Name of a domain's stream. */
export function domainStreamName(name: string): string {
  return `GLAM_${name.toUpperCase().replaceAll("-", "_")}`;
}
