import { createOutbox, type DeadEventFilter } from "../../messaging/mod.ts";
import { type DatabaseFlags, openDatabase } from "../_connect.ts";
import { toDocument } from "../_json.ts";
import { type Session, UsageError } from "../_session.ts";
import { count } from "../_table.ts";

interface RetryFlags extends DatabaseFlags {
  readonly table?: string;
  readonly subject?: string;
  readonly key?: string;
  readonly all?: boolean;
}

/** Makes dead events pending again, so that the relay of their service retries them. */
export async function run(
  { terminal, json }: Session,
  { table, subject, key, all = false, ...flags }: RetryFlags,
  ...eventIds: string[]
): Promise<number> {
  const isFiltered = subject !== undefined || key !== undefined;
  const ways = [eventIds.length > 0, isFiltered, all].filter(Boolean).length;
  if (ways !== 1) {
    throw new UsageError(
      `Select the events by ${ways === 0 ? "" : "only one of "}ids, a filter such as --subject, or --all`,
    );
  }
  const filters: DeadEventFilter[] = eventIds.length > 0
    ? eventIds.map((eventId) => ({ eventId }))
    : [{ subject, key }];
  await using db = await openDatabase(flags);
  const outbox = createOutbox(db, { service: "glam", table, schema: flags.schema });
  let retried = 0;
  for (const filter of filters) retried += await outbox.retry(filter);
  const missing = eventIds.length - retried;
  await terminal.print(
    json
      ? toDocument({ retried })
      : retried === 0
      ? "Nothing to retry"
      : `${count(retried, "event")} will be retried`,
  );
  if (eventIds.length > 0 && missing > 0) {
    terminal.printError(
      `${missing} of these ids belong to no dead event; list the dead events with: glam outbox status`,
    );
    return 1;
  }
  return 0;
}
