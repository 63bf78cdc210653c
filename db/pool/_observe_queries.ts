import type { DriverQuery } from "../connection/_driver.ts";
import type { Semaphore } from "./_semaphore.ts";
import { DatabaseRecorder, showDatabase } from "./_database_metrics.ts";
import { codeOf } from "./_query_error.ts";
import type { QueryObserver } from "./_query_observer.ts";
import type { Settings } from "../connection/_settings.ts";
import { labelOf, type StatementLabel } from "./_statement_label.ts";
import type { SpanLike, TracerLike } from "../tracer.ts";

/** Metrics, logs and spans of a pool. */
export interface Observation {
  readonly observer: QueryObserver;
  /** Called before each further run of a transaction's callback. */
  onRetry(error: unknown): void;
  /** Adds the pool's connections to the metrics. */
  show(slots: Semaphore): void;
  close(): void;
}

// Of OpenTelemetry: https://opentelemetry.io/docs/specs/semconv/database/postgresql/
const SPAN_KIND_CLIENT = 2;
const STATUS_ERROR = 2;
const MAX_TEXT = 2000;

/** Creates what observes the queries; `undefined` when the settings ask for no metrics, logs or spans. */
export async function observeQueries(settings: Settings): Promise<Observation | undefined> {
  const { metrics, logger, tracer, address } = settings;
  if (metrics === undefined && logger === undefined && tracer === undefined) return undefined;
  const recorder = metrics && new DatabaseRecorder(metrics.service, address.name);
  const registry = await metrics?.registry();
  let hide = () => {};
  return {
    observer: {
      start: tracer === undefined ? () => undefined : (query) => startSpan(tracer, settings, query),
      end(query, span, since, error) {
        const ms = performance.now() - since;
        const label = labelOf(query.strings);
        recorder?.observe(label, ms / 1000, error);
        if (span !== undefined) endSpan(span, error);
        if (logger !== undefined) logQuery(settings, query, label, ms);
      },
    },
    onRetry: () => void (recorder !== undefined && recorder.retries++),
    show(slots) {
      if (recorder !== undefined && registry !== undefined) {
        hide = showDatabase(registry, recorder, slots, settings.max);
      }
    },
    close: () => hide(),
  };
}

function startSpan(tracer: TracerLike, { address, schema }: Settings, query: DriverQuery): SpanLike {
  const { operation, table } = labelOf(query.strings);
  return tracer.startSpan(table === "" ? operation : `${operation} ${table}`, {
    kind: SPAN_KIND_CLIENT,
    attributes: {
      "db.system.name": "postgresql",
      "db.namespace": schema === undefined ? address.name : `${address.name}|${schema}`,
      "db.operation.name": operation,
      ...(table === "" ? {} : { "db.collection.name": table }),
      ...(query.strings.length > 1 ? { "db.query.text": textOf(query) } : {}),
      "server.address": address.servers[0]!.host,
      "server.port": address.servers[0]!.port,
    },
  });
}

function endSpan(span: SpanLike, error: Error | undefined): void {
  if (error !== undefined) {
    const code = codeOf(error);
    if (code !== undefined && /^[0-9A-Z]{5}$/.test(code)) span.setAttribute("db.response.status_code", code);
    span.setAttribute("error.type", code ?? error.name);
    span.setStatus({ code: STATUS_ERROR });
  }
  span.end();
}

function logQuery(settings: Settings, query: DriverQuery, label: StatementLabel, ms: number): void {
  const { logger, slowQueryMs, echo, address } = settings;
  const isSlow = slowQueryMs > 0 && ms >= slowQueryMs;
  if (!isSlow && !echo) return;
  const fields = {
    database: address.name,
    operation: label.operation,
    ...(label.table === "" ? {} : { table: label.table }),
    statement: textOf(query),
    duration_ms: Math.round(ms * 1000) / 1000,
  };
  if (isSlow) logger?.warn("Slow query", fields);
  else logger?.debug("Query", fields);
}

/** The text of a query, with `$1` for the first parameter. */
function textOf({ string, strings }: DriverQuery): string {
  const text = string ?? strings.reduce((text, part, index) => `${text}$${index}${part}`);
  return text.replace(/\s+/g, " ").trim().slice(0, MAX_TEXT);
}
