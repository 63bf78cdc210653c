import { isWellFormedId } from "../context/ids.ts";
import { getContext, runWithContext } from "../context/storage.ts";

/** An answer of the service itself, in a context and with the headers of any other. */
export function own(request: Request | undefined, service: string, make: () => Response): Response {
  return runWithContext(idsOf(request, service), () => withIds(make()));
}

/** The same for an answer that takes time. */
export function ownAsync(
  request: Request,
  service: string,
  make: () => Promise<Response>,
): Promise<Response> {
  return runWithContext(idsOf(request, service), async () => withIds(await make()));
}

function withIds(response: Response): Response {
  const { requestId, correlationId, service } = getContext()!;
  response.headers.set("X-Request-ID", requestId);
  response.headers.set("X-Correlation-ID", correlationId);
  response.headers.set("X-Service-Name", service);
  return response;
}

function idsOf(request: Request | undefined, service: string) {
  const taken = (name: string) => {
    const id = request?.headers.get(name) ?? "";
    return isWellFormedId(id) ? id : undefined;
  };
  return { service, requestId: taken("x-request-id"), correlationId: taken("x-correlation-id") };
}
