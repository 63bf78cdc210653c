import type { AnyEndpoint } from "../contract/endpoint.ts";
import { UpstreamServiceError } from "../errors/infrastructure.ts";
import type { CallDeadline } from "./_call_deadline.ts";

/** The text of a body, which may have `maxBytes`. */
export async function readText(
  response: Response,
  maxBytes: number,
  deadline: CallDeadline,
  { service, endpoint }: { readonly service: string; readonly endpoint: AnyEndpoint },
): Promise<string> {
  const tooLarge = () =>
    new UpstreamServiceError(`${service} answered ${endpoint.route} with more than ${maxBytes} bytes`, {
      status: 502,
      upstreamService: service,
      upstreamStatus: response.status,
      endpoint: endpoint.operationId,
      retryable: false,
    });
  const length = response.headers.get("content-length");
  const isCoded = response.headers.has("content-encoding");
  if (length !== null && Number(length) > maxBytes) {
    await response.body?.cancel().catch(() => {});
    throw tooLarge();
  }
  // A body is as long as it says, unless it was compressed.
  if (length !== null && !isCoded) return await deadline.race(response.text());
  const reader = response.body?.getReader();
  if (reader === undefined) return "";
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await deadline.race(reader.read());
      if (done) break;
      size += value.byteLength;
      if (size > maxBytes) throw tooLarge();
      chunks.push(value);
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    throw error;
  }
  return await new Blob(chunks).text();
}
