import type { AnyEndpoint } from "../contract/endpoint.ts";
import { isGlamError } from "../errors/glam_error.ts";
import { UpstreamServiceError } from "../errors/infrastructure.ts";
import { propagationHeaders } from "../context/propagation.ts";
import type { CallDeadline } from "./_call_deadline.ts";
import type { ClientSettings } from "./_client_settings.ts";
import type { PreparedRequest } from "./_prepare_request.ts";
import type { NetworkTransport } from "./_transport.ts";
import type { Transport } from "./options.ts";

/** One call, as its attempts need it. */
export interface Call {
  readonly endpoint: AnyEndpoint;
  readonly prepared: PreparedRequest;
  readonly deadline: CallDeadline;
  readonly idempotencyKey: string | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly transport: NetworkTransport | Transport;
}

/** Whether sending a call twice has one effect. */
export function isRepeatable({ endpoint: { method }, idempotencyKey }: Call): boolean {
  return method === "GET" || method === "PUT" || method === "DELETE" || idempotencyKey !== undefined;
}

/**
 * Sends a call once; the response has its headers, and its body is to be read.
 *
 * @throws {UpstreamServiceError} 503 when there was no answer, 502 where it is a redirect.
 */
export async function attempt(settings: ClientSettings, call: Call): Promise<Response> {
  const { service, baseUrl, headers, trusted } = settings;
  const { endpoint, prepared, deadline, transport } = call;
  const given = typeof headers === "function" ? await deadline.race(Promise.resolve(headers())) : headers;
  const all = propagationHeaders({ Accept: "application/json, application/problem+json", ...given }, {
    trusted,
  });
  for (const [name, value] of prepared.headers) all.set(name, value);
  for (const [name, value] of Object.entries(call.headers ?? {})) all.set(name, value);
  if (call.idempotencyKey !== undefined) all.set("Idempotency-Key", quoted(call.idempotencyKey));
  if (trusted) all.set("X-Request-Timeout-Ms", String(Math.max(1, Math.floor(deadline.leftMs))));
  const request = new Request(baseUrl + prepared.target, {
    method: endpoint.method,
    headers: all,
    ...prepared.body !== undefined && { body: prepared.body },
    redirect: "manual",
    signal: deadline.signal,
  });
  let response: Response;
  try {
    const isOnce = !isRepeatable(call);
    response = await deadline.race(Promise.resolve((transport as NetworkTransport).fetch(request, isOnce)));
  } catch (error) {
    if (isGlamError(error) || deadline.signal.aborted) throw error;
    const failure = new UpstreamServiceError(`${service} could not be reached`, {
      status: 503,
      upstreamService: service,
      endpoint: endpoint.operationId,
      retryable: true,
      cause: error,
    });
    throw Object.assign(failure, { upstream: service });
  }
  if (response.type !== "opaqueredirect" && !(response.status >= 300 && response.status < 400)) {
    return response;
  }
  await response.body?.cancel().catch(() => {});
  throw Object.assign(
    new UpstreamServiceError(`${service} answered ${endpoint.route} with a redirect`, {
      status: 502,
      upstreamService: service,
      upstreamStatus: response.status,
      endpoint: endpoint.operationId,
      retryable: false,
    }),
    { upstream: service },
  );
}

/** A string of structured fields (RFC 8941). */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
