import { errorFromEnvelope } from "../errors/error_from_envelope.ts";
import type { MessageBus } from "../messaging/bus/message_bus.ts";
import { STATUS_HEADER } from "../messaging/request/_error_reply.ts";
import { type Command, controlSubject } from "./_control_messages.ts";
import type { Control, ControlState } from "./control.ts";

/** Options of {@link createRemoteControl}. */
export interface RemoteControlOptions {
  /** Name of the service. */
  readonly service: string;
  /** Id of the instance, as it announces itself. */
  readonly instance: string;
  /**
   * Milliseconds to wait for an answer.
   * @default 2000
   */
  readonly timeoutMs?: number | undefined;
}

/**
 * The control of another instance, over the bus. The instance answers only with `createService({ control: true })`.
 *
 * Calls reject with a `MessageBusError` of kind `no_responder` where nobody takes commands under these names, and `timeout`
 * where the instance does not answer.
 *
 * @example
 * ```ts
 * import { createMemoryBus } from "@glam/shared/messaging";
 * import { createRemoteControl, createService } from "@glam/shared/service";
 *
 * const bus = createMemoryBus();
 * const options = { bus, control: true, port: 0, hostname: "127.0.0.1", graceMs: 0 };
 * await using service = createService({ name: "catalog", ...options });
 * await service.start();
 * const control = createRemoteControl(bus, { service: "catalog", instance: service.instance });
 * console.log((await control.setLevel("debug", { by: "ann" })).level); // debug
 * ```
 *
 * @throws {TypeError} when a name has other characters than letters, digits, `_` and `-`.
 */
export function createRemoteControl(bus: MessageBus, options: RemoteControlOptions): Control {
  const { service, instance, timeoutMs = 2000 } = options;
  const subject = controlSubject(service, instance);
  async function send(command: Command): Promise<ControlState> {
    const reply = await bus.call(subject, { data: JSON.stringify(command) }, { timeoutMs });
    const status = Number(reply.headers.get(STATUS_HEADER) ?? 502);
    const body = parse(reply.data);
    if (status !== 200) throw errorFromEnvelope(body, status);
    return body as ControlState;
  }
  return {
    state: () => send({ action: "state" }),
    pause: (listener, { by } = {}) => send({ action: "pause", listener, by }),
    resume: (listener, { by } = {}) => send({ action: "resume", listener, by }),
    setLevel: (level, { by } = {}) => send({ action: "level", level, by }),
  };
}

function parse(data: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(data));
  } catch {
    return undefined;
  }
}
