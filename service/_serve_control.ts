import type { LoggerLike } from "../logging/logger.ts";
import type { MessageBus } from "../messaging/bus/message_bus.ts";
import { errorReply, replyHeaders } from "../messaging/request/_error_reply.ts";
import { controlSubject, execute } from "./_control_messages.ts";
import { serveSubjects } from "./_serve_subjects.ts";
import type { Control } from "./control.ts";

/** What it needs to take commands. */
interface Controlled {
  readonly bus: MessageBus;
  readonly logger: LoggerLike;
  readonly service: string;
  readonly instance: string;
  readonly control: Control;
  /** Aborts when the service stops. */
  readonly signal: AbortSignal;
}

/** Takes commands from the bus, until it is closed. Never rejects. */
export async function serveControl(
  { bus, control, instance, logger, service, signal }: Controlled,
): Promise<void> {
  const subject = controlSubject(service, instance);
  const refused = `The service takes no commands: its credentials do not permit to answer \`${subject}\``;
  const answer = async ({ data }: { readonly data: Uint8Array }) => {
    try {
      return { data: JSON.stringify(await execute(control, data)), headers: replyHeaders(200) };
    } catch (error) {
      return errorReply(error, bus.maxPayloadBytes);
    }
  };
  await serveSubjects([[subject, answer]], { bus, logger, refused, signal });
}
