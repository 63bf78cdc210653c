import assert from "node:assert/strict";
import { finished, pipeline } from "node:stream/promises";
import { Readable, type Writable } from "node:stream";
import { it } from "node:test";
import type { Sql } from "@glam/shared/db";
import { DatabaseError, isRetryableError, ValidationError } from "@glam/shared/errors";
import { createTestDatabase, type TestDatabase } from "../../_support/postgres.ts";
import { streaming } from "../_streams.ts";

async function withNotes(options: Parameters<typeof createTestDatabase>[0] = {}): Promise<TestDatabase> {
  const db = await createTestDatabase({ poolSize: 1, ...options });
  await db.sql`create table notes (id int, text text)`;
  return db;
}

function copyIn(sql: Sql): Promise<Writable> {
  return streaming(sql, "copy notes from stdin").writable();
}

async function count(db: TestDatabase): Promise<number> {
  return (await db.sql<{ count: number }>`select count(*)::int as count from notes`)[0]!.count;
}

function isWrongFormat(error: unknown): boolean {
  return error instanceof ValidationError && error.message === "A value has the wrong format";
}

it("rows of a COPY are stored, and the next query waits until it has ended", async () => {
  await using db = await withNotes();
  const stream = await copyIn(db.sql);
  const next = count(db); // on the only connection
  await pipeline(Readable.from(["1\tone\n", "2\ttwo\n"]), stream);
  assert.equal(await next, 2);
});

it("a COPY that the server refuses at its end rejects, and its connection goes on", async () => {
  await using db = await withNotes();
  const stream = await copyIn(db.sql);
  stream.end("not a number\tx\n");
  await assert.rejects(finished(stream), isWrongFormat);
  assert.equal(await count(db), 0);
});

it("a COPY that the server refuses in the middle rejects with an error of this package", async () => {
  await using db = await withNotes();
  const stream = await copyIn(db.sql);
  async function* rows() {
    yield "not a number\tx\n";
    // The server reads, and refuses, while there is more to come.
    for (;;) yield "1\tx\n".repeat(10_000);
  }
  await assert.rejects(pipeline(Readable.from(rows()), stream), isWrongFormat);
  assert.equal(await count(db), 0);
});

for (const awaited of [true, false]) {
  it(`a transaction rejects whose COPY is refused, where its callback ${awaited ? "waits for" : "forgets"} it`, async () => {
    await using db = await withNotes();
    const transaction = db.transaction(async (tx) => {
      await tx`insert into notes values (1, 'first')`;
      const stream = await copyIn(tx);
      stream.end("not a number\tx\n");
      if (awaited) await finished(stream);
    });
    await assert.rejects(transaction, isWrongFormat);
    assert.equal(await count(db), 0);
  });
}

it("a nested transaction rolls back its refused COPY alone", async () => {
  await using db = await withNotes();
  await db.transaction(async (tx) => {
    await tx`insert into notes values (1, 'first')`;
    const nested = db.transaction(async (inner) => {
      (await copyIn(inner)).end("not a number\tx\n");
    });
    await assert.rejects(nested, isWrongFormat);
    await pipeline(Readable.from(["2\ttwo\n"]), await copyIn(tx));
  });
  assert.equal(await count(db), 2);
});

it("a transaction commits the rows of a COPY that its callback did not wait for", async () => {
  await using db = await withNotes();
  await db.transaction(async (tx) => {
    (await copyIn(tx)).end("1\tone\n");
  });
  assert.equal(await count(db), 1);
});

it("a callback that fails during its COPY rolls back at once", async () => {
  await using db = await withNotes();
  const wrong = new Error("wrong");
  const transaction = db.transaction(async (tx) => {
    (await copyIn(tx)).write("1\tone\n");
    throw wrong;
  });
  await assert.rejects(transaction, (error) => error === wrong);
  assert.equal(await count(db), 0);
});

it("a signal ends a COPY that waits for data", async () => {
  await using db = await withNotes();
  const controller = new AbortController();
  const transaction = db.transaction(async (tx) => {
    const stream = await copyIn(tx);
    controller.abort(new Error("no longer wanted"));
    await finished(stream);
  }, { signal: controller.signal });
  await assert.rejects(transaction, /no longer wanted/);
  assert.equal(await count(db), 0);
});

for (const place of ["a transaction", "the pool"] as const) {
  it(`a COPY of ${place} that is never ended fails at the deadline, and the pool goes on`, async () => {
    await using db = await withNotes({ queryTimeoutMs: 300 });
    const isLate = (error: unknown) =>
      error instanceof DatabaseError && error.status === 503 && isRetryableError(error);
    const copy = async (sql: Sql) => await finished(await copyIn(sql));
    await assert.rejects(place === "the pool" ? copy(db.sql) : db.transaction(copy), isLate);
    assert.equal(await count(db), 0);
  });
}

it("a COPY whose backend is killed rejects, and the pool goes on", async () => {
  await using db = await withNotes();
  await using killer = await createTestDatabase();
  const [{ pid }] = await db.sql<{ pid: number }>`select pg_backend_pid() as pid` as unknown as [
    { pid: number },
  ];
  const stream = await copyIn(db.sql);
  const ended = assert.rejects(
    finished(stream),
    (error) => error instanceof DatabaseError && error.status === 503,
  );
  stream.write("1\tone\n");
  await killer.sql`select pg_terminate_backend(${pid})`;
  await ended;
  assert.equal(await count(db), 0);
});

it("a transaction takes no query while its COPY runs, and says so", async () => {
  await using db = await withNotes();
  const transaction = db.transaction(async (tx) => {
    const stream = await copyIn(tx);
    await assert.rejects(tx`select 1`, /while a COPY runs in its transaction: end its stream first/);
    await assert.rejects(db.transaction((inner) => inner`select 1`), /while a COPY runs/);
    await pipeline(Readable.from(["1\tone\n"]), stream);
    return await tx`select * from notes`;
  });
  assert.equal((await transaction).length, 1);
});

it("a COPY to the client that fails half-way rejects with an error of this package", async () => {
  await using db = await withNotes();
  const text = "copy (select 1 / (50000 - x) from generate_series(1, 60000) x) to stdout";
  const read = async (sql: Sql) => {
    for await (const _ of await streaming(sql, text).readable()) { /* rows */ }
  };
  const isDatabaseError = (error: unknown) => error instanceof DatabaseError && error.status === 500;
  await assert.rejects(read(db.sql), isDatabaseError);
  await assert.rejects(db.transaction(read), isDatabaseError);
  // Also where the callback has caught it.
  await assert.rejects(db.transaction((tx) => read(tx).catch(() => {})), isDatabaseError);
  assert.equal(await count(db), 0);
});

it("a COPY to the client that is left early ends, and its connection and transaction go on", async () => {
  await using db = await withNotes();
  const text = "copy (select repeat('x', 1000) from generate_series(1, 20000)) to stdout";
  const readOne = async (sql: Sql) => {
    for await (const _ of await streaming(sql, text).readable()) break;
  };
  await readOne(db.sql);
  assert.equal(await count(db), 0);
  await db.transaction(async (tx) => {
    await tx`insert into notes values (1, 'one')`;
    await readOne(tx);
  });
  assert.equal(await count(db), 1);
});

it("closing a database ends a COPY that is open", async () => {
  const db = await withNotes({ closeTimeoutMs: 1 });
  const stream = await copyIn(db.sql);
  const ended = assert.rejects(finished(stream), DatabaseError);
  await db.close();
  await ended;
  await using other = await createTestDatabase();
  await other.sql.unsafe(`drop schema "${db.schema}" cascade`);
});
