/**
 * What NATS has published of the answers of its Services protocol, as schemas of Zod: the rules of
 * `schemas/micro/v1/{ping,info,stats}_response.json` in github.com/nats-io/jsm.go, which the tools of NATS check by.
 *
 * @module
 */
import * as z from "zod";

const name = z.string().regex(/^[a-zA-Z0-9_-]+$/);
const text = z.string().min(1);
const metadata = z.record(z.string(), z.string()).nullish();
const endpoint = z.looseObject({ name, subject: text });
/** A version as semver has it: no number begins with a zero. */
const number = String.raw`(?:0|[1-9]\d*)`;
const identifier = String.raw`(?:${number}|\d*[a-zA-Z-][\da-zA-Z-]*)`;
const version = z.string().regex(
  new RegExp(
    String.raw`^${number}\.${number}\.${number}` +
      String.raw`(?:-${identifier}(?:\.${identifier})*)?(?:\+[\da-zA-Z-]+(?:\.[\da-zA-Z-]+)*)?$`,
  ),
);

function response<Shape extends z.ZodRawShape>(verb: string, shape: Shape) {
  const type = z.literal(`io.nats.micro.v1.${verb}_response`);
  return z.looseObject({ type, name, id: text, version, metadata, ...shape });
}

/** The answer to PING. */
export const pingResponse: z.ZodType = response("ping", {});

/** The answer to INFO. */
export const infoResponse: z.ZodType = response("info", {
  description: z.string(),
  endpoints: z.array(endpoint.extend({ metadata })).optional(),
});

/** The answer to STATS. */
export const statsResponse: z.ZodType = response("stats", {
  started: z.iso.datetime({ offset: true }),
  endpoints: z.array(endpoint.extend({
    num_requests: z.int(),
    num_errors: z.int(),
    last_error: z.string(),
    processing_time: z.int(), // nanoseconds
    average_processing_time: z.int(),
    data: z.looseObject({}).optional(),
  })),
});
