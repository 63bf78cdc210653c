/**
 * The suite of message buses on domain streams: whole on one runtime, and on the others what depends on the stream.
 *
 * @module
 */
import { it } from "node:test";
import { domainStreams, type StreamLayout } from "@glam/shared/messaging";
import { byExtent } from "./extent.ts";

/** A layout in which the events of the suite have a stream of their own. */
export const layout: StreamLayout = domainStreams(["conformance", { name: "mail", domains: ["email"] }]);

const SHORT = /^redrive |makes it again|durable|streams of the fleet/;

/** `it`, for a second run of the suite. */
export function itOnDomainStreams(name: string, fn: () => Promise<void>): void {
  if (byExtent({ whole: true, short: SHORT.test(name) })) it(`on domain streams: ${name}`, fn);
}
