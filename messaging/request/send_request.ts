import { ContractError } from "../../errors/common.ts";
import { errorFromEnvelope } from "../../errors/error_from_envelope.ts";
import { STATUS_HEADER } from "./_error_reply.ts";
import { type IssueLike, validationDetails } from "../../errors/validation_errors.ts";
import { parseExact, stringifyExact } from "../../internal/exact_json.ts";
import { parseIntegers } from "../contract/_exact_integers.ts";
import { addPropagated, propagated } from "../publisher/_propagation.ts";
import { assertUncovered } from "../bus/_uncovered_subjects.ts";
import type { RequestContract, RequestOptions } from "../contract/define_request.ts";
import type { IncomingMessage, MessageBus } from "../bus/message_bus.ts";

/** Request header: for how many milliseconds the caller waits. */
export const TIMEOUT_HEADER = "Glam-Timeout-Ms";

const UTF8 = new TextDecoder();

/**
 * Sends a request by its contract: the implementation of `MessageBus.request` for every adapter.
 *
 * Rejects with the responder's error, as the class that it had there.
 *
 * @throws {ContractError} when the data break the contract, before anything is sent, or the response does.
 * @throws {MessageBusError} with kind `no_responder` when nobody answers, `timeout` when nobody does in time, and
 * `refused` when a stream covers the subject.
 */
export async function sendRequest<In, Input, Out>(
  bus: MessageBus,
  contract: RequestContract<In, Input, Out>,
  data: Input,
  options: RequestOptions = {},
): Promise<Out> {
  const { timeoutMs = 5000, signal } = options;
  if (!(timeoutMs > 0)) throw new RangeError(`Expected \`timeoutMs\` to be more than 0, got ${timeoutMs}`);
  const { subject, requestSchema, responseSchema } = contract;
  const checked = requestSchema.safeParse(data);
  if (!checked.success) throw broken(subject, `Cannot send a request to "${subject}"`, checked.error.issues);
  await assertUncovered(bus, subject);
  const headers: [string, string][] = [["Content-Type", "application/json"], [
    TIMEOUT_HEADER,
    String(timeoutMs),
  ]];
  addPropagated(headers, propagated(undefined));
  const reply = await bus.call(subject, { data: stringifyExact(checked.data)!, headers }, {
    timeoutMs,
    signal,
  });
  const status = Number(reply.headers.get(STATUS_HEADER) ?? 200);
  const body = readBody(reply);
  if (status !== 200) throw errorFromEnvelope(body, status);
  const result = parseIntegers(responseSchema, body);
  if (!result.success) {
    throw broken(subject, `The response from "${subject}" breaks the contract`, result.error.issues);
  }
  return result.data;
}

function readBody({ data }: IncomingMessage): unknown {
  try {
    return parseExact(UTF8.decode(data));
  } catch {
    return undefined;
  }
}

function broken(contract: string, message: string, issues: readonly unknown[]): ContractError {
  return new ContractError(message, { contract, details: validationDetails(issues as readonly IssueLike[]) });
}
