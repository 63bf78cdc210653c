import assert from "node:assert/strict";
import { it } from "node:test";
import { createMetrics } from "@glam/shared/metrics";
import { Registry } from "prom-client";
import { createTestDatabase } from "../../_support/postgres.ts";

/** The operation that the metrics name for each statement, in order. */
async function operationsOf(statements: readonly string[]): Promise<string[]> {
  const metrics = createMetrics({ service: "catalog", registry: new Registry() });
  await using db = await createTestDatabase({ metrics });
  const counts = async () => {
    const lines = (await metrics.expose()).body.matchAll(
      /^db_query_duration_seconds_count\{.*operation="(\w+)",table=""\} (\d+)$/gm,
    );
    return new Map(Array.from(lines, ([, operation, count]) => [operation!, Number(count)]));
  };
  const operations: string[] = [];
  for (const statement of statements) {
    const before = await counts();
    await db.sql.unsafe(statement).catch(() => {});
    const grown = [...await counts()].filter(([name, count]) => count > (before.get(name) ?? 0));
    operations.push(grown.map(([name]) => name).join());
  }
  return operations;
}

it("a statement is counted by its first word, behind spaces, parentheses and comments", async () => {
  const statements = {
    "select 1": "SELECT",
    " \n\t(( Select 1))": "SELECT",
    "-- a comment\n--another\nselect 1": "SELECT",
    "/* a -- b */ /**/ (/* c */ with a as (select 1) select * from a)": "WITH",
    "--\r\nset local lock_timeout = 0": "SET",
    "values (1)": "OTHER",
    "1": "OTHER",
    "": "OTHER",
    "-- select 1": "OTHER",
    "/* select 1": "OTHER",
    "- select 1": "OTHER",
  };
  assert.deepEqual(await operationsOf(Object.keys(statements)), Object.values(statements));
});

it("a statement is labelled in one pass, whatever stands before its first word", async () => {
  // With a pattern that can divide these in more than one way, each of them would take longer than anybody waits.
  const heads = ["/**/", "--\n", "/**/--\n", "/*-- */(", " (", "\n"].map((part) => part.repeat(2_000));
  const statements = heads.flatMap((head) => [`${head}1`, `${head}select`]);
  assert.deepEqual(await operationsOf(statements), heads.flatMap(() => ["OTHER", "SELECT"]));
});
