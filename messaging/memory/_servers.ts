import { busError } from "../bus/_bus_error.ts";
import { toBytes } from "./_stream.ts";
import { assertHeaders, headerBytes } from "../bus/_header_bytes.ts";
import { Replies } from "../bus/_replies.ts";
import { failedReply } from "../request/_error_reply.ts";
import { subjectMatcher } from "../contract/_subject.ts";
import type { Clock } from "../bus/clock.ts";
import type {
  CallOptions,
  GatherOptions,
  IncomingMessage,
  RawMessage,
  ServeOptions,
  Serving,
} from "../bus/message_bus.ts";
import { MessageHeaders } from "../bus/message_headers.ts";

interface Server {
  readonly matches: (subject: string) => boolean;
  readonly options: ServeOptions;
  readonly running: Set<Promise<void>>;
}

/** The responders of a memory bus. */
export class MemoryServers {
  readonly #servers: Server[] = [];
  readonly #maxPayloadBytes: number;
  #turn = 0;

  constructor(maxPayloadBytes: number) {
    this.#maxPayloadBytes = maxPayloadBytes;
  }

  serve(subject: string, options: ServeOptions): Serving {
    const server: Server = { matches: subjectMatcher(subject), options, running: new Set() };
    this.#servers.push(server);
    return { close: () => this.#end(server) };
  }

  call(subject: string, message: RawMessage, options: CallOptions, clock: Clock): Promise<IncomingMessage> {
    const { timeoutMs = 5000, signal } = options;
    const { headers = [] } = message;
    assertHeaders(headers);
    const place = { operation: "request", subject };
    const chosen = this.#choose(subject);
    if (chosen.length === 0) {
      throw busError(
        "no_responder",
        `Cannot send a request to "${subject}": no responder is subscribed`,
        place,
      );
    }
    const request = { subject, data: toBytes(message.data), headers: new MessageHeaders(headers) };
    return new Promise((resolve, reject) => {
      const end = () => {
        timer.cancel();
        signal?.removeEventListener("abort", onAbort);
      };
      const timer = clock.setTimer(() => {
        end();
        reject(busError("timeout", `No response from "${subject}" within ${timeoutMs} ms`, place));
      }, timeoutMs);
      const onAbort = () => {
        end();
        reject(signal!.reason);
      };
      if (signal?.aborted) return onAbort();
      signal?.addEventListener("abort", onAbort, { once: true });
      for (const server of chosen) {
        const running = this.#answer(server, request).then((reply) => {
          end();
          resolve(reply);
        }).finally(() => server.running.delete(running));
        server.running.add(running);
      }
    });
  }

  /** Sends a request to everybody who serves its subject, and resolves with the replies. */
  gather(
    subject: string,
    data: string | Uint8Array,
    options: GatherOptions,
    clock: Clock,
  ): Promise<IncomingMessage[]> {
    const { timeoutMs = 1000, idleMs = 300, signal } = options;
    signal?.throwIfAborted();
    const replies = new Replies({ timeoutMs, idleMs, signal, clock });
    const request = { subject, data: toBytes(data), headers: new MessageHeaders([]) };
    const answers = this.#choose(subject).map((server) => {
      const running = this.#answer(server, request).then((reply) => replies.add(reply))
        .finally(() => server.running.delete(running));
      server.running.add(running);
      return running;
    });
    void Promise.all(answers).then(() => replies.end()); // nobody else can answer
    return replies.finished;
  }

  async #answer(server: Server, request: IncomingMessage): Promise<IncomingMessage> {
    await Promise.resolve();
    const { subject } = request;
    try {
      return toIncoming(subject, await server.options.onRequest(request), this.#maxPayloadBytes);
    } catch (error) {
      // As on NATS: the handler rejected, or its reply is too large or has a malformed header.
      return toIncoming(subject, failedReply(error), Infinity);
    }
  }

  /** All responders without a queue, and one of each queue, in turns. */
  #choose(subject: string): Server[] {
    const queues = new Map<string, Server[]>();
    const chosen: Server[] = [];
    for (const server of this.#servers) {
      if (!server.matches(subject)) continue;
      const { queue } = server.options;
      if (queue === undefined) chosen.push(server);
      else queues.set(queue, [...queues.get(queue) ?? [], server]);
    }
    const turn = this.#turn++;
    return [...chosen, ...[...queues.values()].map((servers) => servers[turn % servers.length]!)];
  }

  async #end(server: Server): Promise<void> {
    const index = this.#servers.indexOf(server);
    if (index >= 0) this.#servers.splice(index, 1);
    await Promise.all(server.running);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#servers].map((server) => this.#end(server)));
  }
}

function toIncoming(subject: string, { data, headers = [] }: RawMessage, maxBytes: number): IncomingMessage {
  const bytes = toBytes(data);
  const size = bytes.length + headerBytes(headers);
  if (size > maxBytes) throw new RangeError(`${size} bytes are more than the ${maxBytes} that the bus takes`);
  return { subject, data: bytes, headers: new MessageHeaders(headers) };
}
