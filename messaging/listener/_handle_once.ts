import { isGlamError } from "../../errors/glam_error.ts";
import { originOfMessage } from "../dead_letters/_format.ts";
import { eventKeyOf } from "../contract/_partition.ts";
import { STALE_EVENT } from "../inbox/create_inbox.ts";
import type { Inbox, InboxFence } from "../inbox/inbox.ts";
import type { HeldMessage } from "./_held_message.ts";
import type { Invocation } from "./_invocation.ts";

/** The result for an event that was handled before. */
export const DUPLICATE: unique symbol = Symbol("duplicate");

/** The attempt does not count: the handler was not called, or it is unknown whether its transaction was committed. */
export class NotTried extends Error {
  /** Whether the handler completed, and the outcome of its commit is unknown. */
  readonly isOutcomeUnknown: boolean;

  constructor(cause: unknown, isOutcomeUnknown: boolean) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.isOutcomeUnknown = isOutcomeUnknown;
  }
}

/**
 * Calls the handler in a transaction of the inbox, unless the event was handled before.
 *
 * @throws {NotTried} when no transaction could be opened, or the connection was lost during the commit: the next attempt
 * finds out whether it was committed.
 */
export async function handleOnce(
  inbox: Inbox,
  held: HeldMessage,
  invocation: Invocation,
  handle: (invocation: Invocation) => unknown,
): Promise<typeof DUPLICATE | undefined> {
  const entry = { consumer: held.source.settings.durable, key: eventKey(held), fence: fenceOf(held) };
  const { signal } = invocation;
  let isDone = false;
  try {
    const { duplicate } = await inbox.once(entry, async (tx) => {
      invocation.begin(tx);
      await handle(invocation);
      isDone = true;
    }, { signal });
    return duplicate ? DUPLICATE : undefined;
  } catch (error) {
    if (isGlamError(error) && error.code === STALE_EVENT) throw error;
    if (!invocation.hasBegun) throw new NotTried(error, false);
    if (isDone && isOutcomeUnknown(error)) throw new NotTried(error, true);
    throw error;
  }
}

/**
 * What identifies the event for its consumer: the idempotency key where the publisher gave one, else its id. A dead letter
 * that was redriven has another message id, and says which one it had.
 */
function eventKey({ delivery: { headers }, event, source }: HeldMessage): string {
  const { subject } = source.settings.contract;
  const { id } = originOfMessage(headers);
  const start = subject.length + 1;
  return id !== undefined && id.length > start && id.startsWith(`${subject}:`)
    ? id.slice(start)
    : event!.event_id;
}

/** The position of an event with partitions among those of its key; the same for every partition that the key ever had. */
function fenceOf({ delivery, event, source }: HeldMessage): InboxFence | undefined {
  const { contract, partitions } = source.settings;
  if (partitions === undefined) return undefined;
  try {
    const { stream, sequence, timeNanos } = delivery;
    return {
      key: eventKeyOf(contract, event!.data),
      stream,
      sequence,
      storedAt: Number(timeNanos / 1_000_000n),
    };
  } catch {
    return undefined; // another client has published it without a key
  }
}

function isOutcomeUnknown(error: unknown): boolean {
  return isGlamError(error) && error.details["error_code"] === "08007"; // transaction_resolution_unknown
}
