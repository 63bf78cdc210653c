import type { RequestContext } from "../../context/request_context.ts";
import { currentContext, runWithContext } from "../../context/storage.ts";
import { ContractError, RequestTimeoutError, ValidationError } from "../../errors/common.ts";
import { toGlamError } from "../../errors/to_glam_error.ts";
import { type IssueLike, validationDetails } from "../../errors/validation_errors.ts";
import { parseExact, stringifyExact } from "../../internal/exact_json.ts";
import { parseIntegers } from "../contract/_exact_integers.ts";
import type { LoggerLike } from "../../logging/logger.ts";
import { toStructured } from "../../logging/structured_logger.ts";
import { receivedContext } from "../publisher/_propagation.ts";
import { errorReply, fitsReply, replyHeaders } from "./_error_reply.ts";
import { TIMEOUT_HEADER } from "./send_request.ts";
import { assertServiceName } from "../publisher/_service_name.ts";
import { assertUncovered } from "../bus/_uncovered_subjects.ts";
import type { RequestContract } from "../contract/define_request.ts";
import type { IncomingMessage, MessageBus, RawMessage, Serving } from "../bus/message_bus.ts";
import type { MessageHeaders } from "../bus/message_headers.ts";

/** Options of {@link createResponder}. */
export interface ResponderOptions {
  /** Name of the service, which is the queue group: its replicas share the requests. */
  readonly service: string;
  /**
   * Logger for failed and refused requests.
   * @default none
   */
  readonly logger?: LoggerLike | undefined;
}

/** Argument of a request handler. */
export interface RequestCall<Data> {
  /** The validated request. */
  readonly data: Data;
  /** Headers of the request. */
  readonly headers: MessageHeaders;
  /** The request context that the handler runs in. */
  readonly context: RequestContext;
  /** Aborts when the caller's timeout has passed. */
  readonly signal: AbortSignal;
}

/** The numbers of one subject since the responder answers it. */
export interface ResponderStats {
  /** Subject of the requests. */
  readonly subject: string;
  /** The queue group whose members share them. */
  readonly queueGroup: string;
  /** Answered requests. */
  readonly requests: number;
  /** Those that failed with a status of 500 and above. */
  readonly errors: number;
  /** Seconds that the answers have taken. */
  readonly seconds: number;
}

/** Answers requests of other services. */
export interface Responder extends AsyncDisposable {
  /**
   * Starts to answer requests of a contract. An error thrown by the handler reaches the caller as the same class, with
   * those of its details that clients may see.
   *
   * @throws {MessageBusError} with kind `refused` when a stream covers the subject.
   */
  respond<In, Input, Out, Reply>(
    contract: RequestContract<In, Input, Out, Reply>,
    handler: (call: RequestCall<In>) => Reply | Promise<Reply>,
  ): Promise<void>;
  /** The numbers of each subject that it answers. */
  stats(): readonly ResponderStats[];
  /** Takes no new requests, and resolves when those in progress are answered. */
  close(): Promise<void>;
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Answers requests on a bus; see `defineRequest`.
 *
 * @throws {TypeError} when `service` is empty or has white space.
 */
export function createResponder(bus: MessageBus, options: ResponderOptions): Responder {
  const { service } = options;
  const log = toStructured(options.logger);
  assertServiceName(service);
  const servings: Serving[] = [];
  const stats: Counted[] = [];
  const close = async () => {
    await Promise.all(servings.splice(0).map((serving) => serving.close()));
  };
  return {
    async respond(contract, handler) {
      await assertUncovered(bus, contract.subject);
      const counted: Counted = {
        subject: contract.subject,
        queueGroup: service,
        requests: 0,
        errors: 0,
        seconds: 0,
      };
      stats.push(counted);
      const onRequest = async (request: IncomingMessage) => {
        const startedAt = performance.now();
        try {
          return await answer({
            service,
            contract,
            handler,
            request,
            log,
            counted,
            maxBytes: bus.maxPayloadBytes,
          });
        } finally {
          counted.requests++;
          counted.seconds += (performance.now() - startedAt) / 1000;
        }
      };
      servings.push(await bus.serve(contract.subject, { queue: service, onRequest }));
    },
    stats: () => stats.map((each) => ({ ...each })),
    close,
    [Symbol.asyncDispose]: close,
  };
}

type Counted = { -readonly [Key in keyof ResponderStats]: ResponderStats[Key] };

/** Everything needed to answer one request. */
interface RequestScope<In, Input, Out, Reply> {
  readonly service: string;
  readonly contract: RequestContract<In, Input, Out, Reply>;
  readonly handler: (call: RequestCall<In>) => Reply | Promise<Reply>;
  readonly request: IncomingMessage;
  readonly log: LoggerLike | undefined;
  readonly counted: { errors: number };
  readonly maxBytes: number;
}

function answer<In, Input, Out, Reply>(scope: RequestScope<In, Input, Out, Reply>): Promise<RawMessage> {
  const { service, contract, handler, request, log, maxBytes } = scope;
  const { headers } = request;
  return runWithContext({ ...receivedContext(headers), service }, async () => {
    const deadline = startDeadline(headers.get(TIMEOUT_HEADER));
    try {
      const data = readRequest(contract, request);
      const call = { data, headers, context: currentContext()!, signal: deadline.signal };
      const reply = await Promise.race([handler(call), deadline.passed]);
      const checked = contract.responseSchema.safeParse(reply);
      if (!checked.success) {
        throw new ContractError(`The response to "${contract.subject}" breaks the contract`, {
          contract: contract.subject,
          details: validationDetails(checked.error.issues as readonly IssueLike[]),
        });
      }
      const body = new TextEncoder().encode(stringifyExact(checked.data ?? null));
      if (!fitsReply(body, maxBytes)) {
        throw new TypeError(
          `The response to "${contract.subject}" has ${body.length} bytes, more than the bus takes`,
        );
      }
      return { data: body, headers: replyHeaders(200) };
    } catch (thrown) {
      const error = toGlamError(thrown);
      const fields = { subject: contract.subject, error: thrown };
      if (error.status >= 500) scope.counted.errors++;
      if (error.status >= 500) log?.error("Request failed", fields);
      else log?.info("Request refused", fields);
      return errorReply(error, maxBytes);
    } finally {
      deadline.clear();
    }
  });
}

function readRequest<In, Input, Out, Reply>(
  contract: RequestContract<In, Input, Out, Reply>,
  { data }: IncomingMessage,
): In {
  let body: unknown;
  try {
    body = parseExact(UTF8.decode(data));
  } catch (cause) {
    throw new ValidationError("The request is not JSON in UTF-8", { cause });
  }
  const result = parseIntegers(contract.requestSchema, body);
  if (result.success) return result.data;
  const details = validationDetails(result.error.issues as readonly IssueLike[]);
  throw new ValidationError("Request validation failed", { details });
}

/** Starts the deadline that the caller's timeout header sets; none without a valid header. */
function startDeadline(header: string | undefined) {
  const controller = new AbortController();
  const ms = Number(header);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const passed = new Promise<never>((_, reject) => {
    if (!(ms > 0 && ms <= MAX_TIMEOUT_MS)) return;
    timer = setTimeout(() => {
      const error = new RequestTimeoutError("The request took too long");
      controller.abort(error);
      reject(error);
    }, ms);
  });
  passed.catch(() => {}); // nobody awaits it when the handler was faster
  return { signal: controller.signal, passed, clear: () => clearTimeout(timer) };
}
