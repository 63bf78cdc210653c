import type { Row } from "./_dashboard_row.ts";
import { LISTENERS, OUTBOX, SCHEDULES } from "./_messaging_rows.ts";
import { DATABASE, INSTANCES } from "./_process_rows.ts";
import { CLIENTS, GUARDS, REQUESTS } from "./_request_rows.ts";

/** The rows of the dashboard, from what users see down to the processes. */
export const ROWS: readonly Row[] = [
  REQUESTS,
  GUARDS,
  LISTENERS,
  OUTBOX,
  SCHEDULES,
  DATABASE,
  CLIENTS,
  INSTANCES,
];
