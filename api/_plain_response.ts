import type { RequestContext } from "../context/request_context.ts";
import type { RateLimitFields } from "./rate_limit/_rate_limit_fields.ts";
import { detectRuntime } from "../internal/runtime.ts";

/** Makes a JSON response that has the request's headers from the start. */
export type PlainResponder = (
  text: string,
  status: number | undefined,
  state: { readonly context: RequestContext; readonly rateLimit?: RateLimitFields | undefined },
  headers?: Readonly<Record<string, string>>,
) => Response;

/**
 * The fastest way of this runtime to make a small response with four headers, or `undefined` where Hono's own is fastest.
 *
 * On Node, `@hono/node-server` writes a response that was made from a plain record without ever making a `Headers`
 * object. On Bun, copying a `Headers` object costs a third of setting its headers one by one. Hono does neither for two
 * headers or more, so this bypasses Hono. That is correct only while nothing was set on the context that Hono would add
 * to the response: see `watchContextHeaders`.
 */
export function plainResponder(service: string): PlainResponder | undefined {
  switch (detectRuntime()) {
    case "node":
      return (text, status = 200, { context: { requestId, correlationId }, rateLimit }, others) => {
        const headers = {
          "Content-Type": "application/json",
          "X-Request-ID": requestId,
          "X-Correlation-ID": correlationId,
          "X-Service-Name": service,
          ...rateLimit !== undefined && {
            "RateLimit-Policy": rateLimit.policy,
            "RateLimit": rateLimit.limit,
          },
        };
        return new Response(text, {
          status,
          headers: others === undefined ? headers : { ...headers, ...others },
        });
      };
    case "bun": {
      const headers = new Headers({ "Content-Type": "application/json", "X-Service-Name": service });
      const ok = { headers };
      return (text, status, { context: { requestId, correlationId }, rateLimit }, others) => {
        headers.set("X-Request-ID", requestId);
        headers.set("X-Correlation-ID", correlationId);
        const response = new Response(text, status === undefined ? ok : { status, headers }); // copies the headers
        if (rateLimit !== undefined) {
          response.headers.set("RateLimit-Policy", rateLimit.policy);
          response.headers.set("RateLimit", rateLimit.limit);
        }
        for (const name in others) response.headers.set(name, others[name]!);
        return response;
      };
    }
  }
  return undefined;
}
