import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connectDatabase, type SpanLike, type TracerLike } from "@glam/shared/db";
import { createMetrics } from "@glam/shared/metrics";
import { Gauge, Registry } from "prom-client";
import { recordingLogger } from "../../_support/recording_logger.ts";
import { createTestDatabase, PATIENT, sharedPostgres } from "../../_support/postgres.ts";
import { PATIENCE_MS, waitFor } from "../../_support/wait_for.ts";

describe("the metrics of a database", () => {
  const sample = (text: string, name: string) => {
    const line = text.split("\n").find((line) => line.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length + 1));
  };

  it("count queries by operation and table, errors by code, retries, and who uses or awaits the pool", async () => {
    const registry = new Registry();
    const metrics = createMetrics({ service: "catalog", registry });
    await using db = await createTestDatabase({ metrics, poolSize: 2 });
    const labels = 'service="catalog",database="postgres"';
    await db.sql`create table items (id int primary key)`;
    await db.sql`insert into items values (1), (2)`;
    await db.sql`select * from "items" where id = ${1}`;
    await db.sql`select * from items`;
    await db.sql`update items set id = 3 where id = 2`;
    await db.sql`insert into items values (1)`.catch(() => {});
    await db.sql.unsafe("select 1 from items");
    let runs = 0;
    await db.transaction(async (tx) => {
      if (runs++ === 0) await tx.unsafe("do $$ begin raise exception 'x' using errcode = '40001'; end $$");
    });
    const release = Promise.withResolvers<void>();
    const holders = [1, 2].map(() => db.transaction((tx) => tx`select 1`.then(() => release.promise)));
    const waiter = db.ping();
    await waitFor(
      async () => sample((await metrics.expose()).body, `db_pool_waiting{${labels}}`) === 1,
      "one waits for a connection",
    );
    const { body } = await metrics.expose();
    assert.equal(sample(body, `db_pool_connections_in_use{${labels}}`), 2);
    assert.equal(sample(body, `db_pool_connections_max{${labels}}`), 2);
    release.resolve();
    await Promise.all([...holders, waiter]);
    const count = (operation: string, table: string) =>
      sample(body, `db_query_duration_seconds_count{${labels},operation="${operation}",table="${table}"}`);
    assert.equal(count("INSERT", "items"), 2);
    assert.equal(count("SELECT", "items"), 2);
    assert.equal(count("UPDATE", "items"), 1);
    assert.ok(count("SELECT", "")! >= 1);
    assert.ok(count("BEGIN", "")! >= 2);
    assert.equal(
      sample(
        body,
        `db_query_duration_seconds_bucket{${labels},operation="UPDATE",table="items",le="+Inf"}`,
      ) ??
        sample(
          body,
          `db_query_duration_seconds_bucket{le="+Inf",${labels},operation="UPDATE",table="items"}`,
        ),
      1,
    );
    assert.equal(sample(body, `db_query_errors_total{${labels},code="23505"}`), 1);
    assert.equal(sample(body, `db_transaction_retries_total{${labels}}`), 1);
    const after = (await metrics.expose()).body;
    assert.equal(sample(after, `db_pool_connections_in_use{${labels}}`), 0);
    assert.equal(sample(after, `db_pool_waiting{${labels}}`), 0);
    await db.sql`drop table items`;
  });

  it("of two pools of one service add up, and those of a closed one are gone", async () => {
    const registry = new Registry();
    const metrics = createMetrics({ service: "catalog", registry });
    const url = await sharedPostgres();
    const name = 'db_pool_connections_max{service="catalog",database="postgres"}';
    await using one = await connectDatabase({ ...PATIENT, url, metrics, poolSize: 2 });
    const two = await connectDatabase({ ...PATIENT, url, metrics, poolSize: 3 });
    assert.equal(sample((await metrics.expose()).body, name), 5);
    await two.close();
    assert.equal(sample((await metrics.expose()).body, name), 2);
    await one.ping();
  });

  it("are refused by a registry that has one of their names", async () => {
    const registry = new Registry();
    new Gauge({ name: "db_pool_waiting", help: "mine", registers: [registry] });
    const metrics = createMetrics({ service: "catalog", registry });
    await assert.rejects(
      connectDatabase({ url: await sharedPostgres(), metrics, lazy: true }),
      /Cannot register database metrics: the registry has a "db_pool_waiting" of its own/,
    );
  });

  it("have a bound: tables that are made at run time share one series", async () => {
    const registry = new Registry();
    const metrics = createMetrics({ service: "catalog", registry });
    await using db = await createTestDatabase({ metrics });
    for (let index = 0; index < 600; index++) {
      await db.sql(Object.assign([`select 1 from nothing_${index}`], { raw: [""] }) as never).catch(() => {});
    }
    const series = (await metrics.expose()).body.split("\n").filter((line) =>
      line.startsWith("db_query_duration_seconds_count")
    );
    assert.ok(series.length <= 510, String(series.length));
    assert.ok(series.some((line) => line.includes('table="_OTHER"')));
  });
});

describe("the log of a database", () => {
  it("has slow statements, with $1 where a parameter is, and no parameter", async () => {
    const { entries: lines, logger } = recordingLogger();
    await using db = await createTestDatabase({ logger, slowQueryMs: 50 });
    await db.sql`select pg_sleep(0.1), ${"a secret"}::text as value from pg_database limit 1`;
    const slow = lines.filter(({ message, fields }) =>
      message === "Slow query" && fields["table"] === "pg_database"
    );
    assert.equal(slow.length, 1);
    const { duration_ms, ...fields } = slow[0]!.fields;
    assert.ok((duration_ms as number) >= 50);
    assert.deepEqual(fields, {
      database: "postgres",
      operation: "SELECT",
      table: "pg_database",
      statement: "select pg_sleep(0.1), $1::text as value from pg_database limit 1",
    });
    assert.doesNotMatch(JSON.stringify(lines), /a secret/);
  });

  it("has no statement that took less time than is slow", async () => {
    const { entries: lines, logger } = recordingLogger();
    await using db = await createTestDatabase({ logger, slowQueryMs: PATIENCE_MS });
    await db.sql`select 1`;
    assert.deepEqual(lines.filter(({ message }) => message === "Slow query"), []);
  });

  it("has every statement with `echo`", async () => {
    const { entries: lines, logger } = recordingLogger();
    await using db = await createTestDatabase({ logger, echo: true });
    await db.transaction((tx) => tx`select ${1}::int as one`);
    const statements = lines.filter(({ level }) => level === "debug").map(({ fields }) =>
      fields["statement"]
    );
    assert.ok(statements.includes("select $1::int as one"), JSON.stringify(statements));
    assert.ok(statements.includes("begin"));
  });
});

it("each statement is a span with the attributes of OpenTelemetry's conventions", async () => {
  interface Span extends SpanLike {
    readonly name: string;
    readonly kind: number;
    readonly attributes: Record<string, string | number>;
    status?: number;
    ended: boolean;
  }
  const spans: Span[] = [];
  const tracer: TracerLike = {
    startSpan(name, { kind, attributes }) {
      const span: Span = {
        name,
        kind,
        attributes: { ...attributes },
        ended: false,
        setAttribute: (key, value) => void (span.attributes[key] = value),
        setStatus: ({ code }) => void (span.status = code),
        end: () => void (span.ended = true),
      };
      spans.push(span);
      return span;
    },
  };
  await using db = await createTestDatabase({ tracer, schema: "traced_spans" });
  await db.sql`create table items (id int primary key)`;
  spans.length = 0;
  await db.sql`insert into items values (${1})`;
  await db.sql`insert into items values (${1})`.catch(() => {});
  const url = new URL(db.url);
  const attributes = {
    "db.system.name": "postgresql",
    "db.namespace": "postgres|traced_spans",
    "db.operation.name": "INSERT",
    "db.collection.name": "items",
    "db.query.text": "insert into items values ($1)",
    "server.address": "127.0.0.1",
    "server.port": Number(url.port),
  };
  assert.deepEqual(spans.map(({ name, kind, status, ended }) => ({ name, kind, status, ended })), [
    { name: "INSERT items", kind: 2, status: undefined, ended: true },
    { name: "INSERT items", kind: 2, status: 2, ended: true },
  ]);
  assert.deepEqual(spans[0]?.attributes, attributes);
  assert.deepEqual(spans[1]?.attributes, {
    ...attributes,
    "db.response.status_code": "23505",
    "error.type": "23505",
  });
});
