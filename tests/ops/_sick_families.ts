import { createMemoryBus } from "@glam/shared/messaging";
import { type Family, parseExposition } from "../_support/exposition.ts";
import { waitFor } from "../_support/wait_for.ts";
import { startSickService } from "./_sick_service.ts";

/** Metrics that have no series before something went wrong. */
const AWAITED = [
  "http_requests_total",
  "idempotency_requests_total",
  "rate_limit_requests_total",
  "rate_limit_store_errors_total",
  "messaging_consumed_total",
  "messaging_dlq_depth",
  "messaging_publish_failed_total",
  "outbox_dead",
  "outbox_failed_total",
  "schedule_runs_total",
  "db_query_errors_total",
  "http_client_circuit_open",
  "http_client_retries_total",
  "metrics_collector_failures_total",
];

/** The metrics that a service with every part shows once something is wrong with each. */
export async function sickFamilies(): Promise<Family[]> {
  await using bus = createMemoryBus();
  await using service = await startSickService({ database: {}, bus });
  let families: Family[] = [];
  const isAbsent = (name: string) =>
    families.find((family) => family.name === name)?.samples.some(({ value }) => value > 0) !== true;
  await waitFor(async () => {
    families = parseExposition(await (await fetch(`${service.url}/metrics`)).text(), "text");
    return !AWAITED.some(isAbsent);
  }, () => `it has shown ${AWAITED.filter(isAbsent)}`);
  return families;
}
