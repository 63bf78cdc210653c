import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Database, Sql } from "@glam/shared/db";
import { ConflictError, DatabaseError, GlamError, NotFoundError } from "@glam/shared/errors";
import { createTestDatabase } from "../../_support/postgres.ts";
import { waitForBackends } from "../_connections.ts";

async function withNotes(): Promise<Database & { readonly url: string; readonly schema: string }> {
  const db = await createTestDatabase();
  await db.sql`create table notes (id int primary key, text text not null default '')`;
  return db;
}

async function ids(sql: Sql): Promise<number[]> {
  return (await sql<{ id: number }>`select id from notes order by id`).map(({ id }) => id);
}

function isFinished(error: unknown): boolean {
  return error instanceof DatabaseError && error.status === 500 && /finished/.test(error.message);
}

describe("transaction", () => {
  it("commits what the callback did and gives what it returned", async () => {
    await using db = await withNotes();
    const result = await db.transaction(async (tx) => {
      await tx`insert into notes (id) values (1)`;
      return "done";
    });
    assert.equal(result, "done");
    assert.deepEqual(await ids(db.sql), [1]);
  });

  it("rolls back, and throws what the callback threw as it was", async () => {
    await using db = await withNotes();
    const mine = new TypeError("mine");
    await assert.rejects(
      db.transaction(async (tx) => {
        await tx`insert into notes (id) values (1)`;
        throw mine;
      }),
      (error) => error === mine,
    );
    assert.deepEqual(await ids(db.sql), []);
  });

  it("rolls back when a failed statement was swallowed, and throws its error", async () => {
    await using db = await withNotes();
    await assert.rejects(
      db.transaction(async (tx) => {
        await tx`insert into notes (id) values (1)`;
        await tx`insert into notes (id) values (1)`.catch(() => {});
      }),
      ConflictError,
    );
    assert.deepEqual(await ids(db.sql), []);
  });

  it("rolls back when a statement fails that the callback did not wait for", async () => {
    await using db = await withNotes();
    await assert.rejects(
      db.transaction(async (tx) => {
        await tx`insert into notes (id) values (1)`;
        tx`insert into notes (id) values (1)`.catch(() => {});
      }),
      ConflictError,
    );
    assert.deepEqual(await ids(db.sql), []);
  });

  it("commits what the callback did not wait for", async () => {
    await using db = await withNotes();
    await db.transaction((tx) => {
      tx`insert into notes (id) values (1)`.then(() => tx`insert into notes (id) values (2)`).catch(() => {});
      db.transaction((tx) => tx`insert into notes (id) values (3)`).catch(() => {});
    });
    assert.deepEqual((await ids(db.sql)).filter((id) => id !== 2), [1, 3]);
  });

  it("runs the list of queries that a callback gives", async () => {
    await using db = await withNotes();
    await db.transaction((tx) => [1, 2].map((id) => tx`insert into notes (id) values (${id})`));
    assert.deepEqual(await ids(db.sql), [1, 2]);
  });

  it("throws the first failure, not that the transaction is aborted", async () => {
    await using db = await withNotes();
    await assert.rejects(
      db.transaction(async (tx) => {
        await tx`insert into notes (id) values (1)`;
        await tx`insert into notes (id) values (1)`.catch(() => {});
        await tx`select 1`;
      }),
      (error) => error instanceof ConflictError && error.details["constraint"] === "notes_pkey",
    );
  });

  it("maps a failure of the commit itself", async () => {
    await using db = await withNotes();
    await db.sql`create table later (id int references notes (id) deferrable initially deferred)`;
    await assert.rejects(db.transaction((tx) => tx`insert into later values (9)`), ConflictError);
  });

  it("sets the isolation level and read only", async () => {
    await using db = await withNotes();
    const shown = await db.transaction(
      async (tx) =>
        await tx`select current_setting('transaction_isolation') as level, current_setting('transaction_read_only') as ro`,
      { isolation: "serializable", readOnly: true },
    );
    assert.deepEqual({ ...shown[0] }, { level: "serializable", ro: "on" });
    await assert.rejects(
      db.transaction((tx) => tx`insert into notes (id) values (1)`, { readOnly: true }),
      (error) => error instanceof GlamError && error.status === 500,
    );
  });

  it("says what is wrong with an option before anything runs", async () => {
    await using db = await withNotes();
    const never = () => assert.fail("the callback ran");
    await assert.rejects(
      db.transaction(never, { isolation: "chaos" as never }),
      new RangeError(
        'Expected `isolation` to be of read committed, repeatable read, serializable, got "chaos"',
      ),
    );
    await assert.rejects(
      db.transaction(never, { retries: -1 }),
      new RangeError("Expected `retries` to be a whole number from 0 to 1000, got -1"),
    );
    await assert.rejects(
      db.transaction(never, { readOnly: "yes" as never }),
      new TypeError('Expected `readOnly` to be true or false, got "yes"'),
    );
  });
});

describe("the async context of a transaction", () => {
  it("makes every query of the database join it, with one connection in all", async () => {
    await using db = await createTestDatabase({ poolSize: 1 });
    await db.sql`create table notes (id int primary key)`;
    await assert.rejects(
      db.transaction(async () => {
        await db.sql`insert into notes values (1)`;
        await db.sql.unsafe("insert into notes values (2)");
        assert.deepEqual(await ids(db.sql), [1, 2]);
        assert.equal((await db.health()).status, "healthy");
        throw new NotFoundError("undo");
      }),
      NotFoundError,
    );
    assert.deepEqual(await ids(db.sql), []);
  });

  it("keeps transactions that run at once apart", async () => {
    await using db = await withNotes();
    const open = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
    const results = await Promise.allSettled(open.map((_, id) =>
      db.transaction(async (tx) => {
        await db.sql`insert into notes (id) values (${id})`;
        open[id]!.resolve();
        await Promise.all(open.map(({ promise }) => promise));
        const [joined] = await db.sql<{ pid: number }>`select pg_backend_pid() as pid`;
        const [given] = await tx<{ pid: number }>`select pg_backend_pid() as pid`;
        assert.equal(joined?.pid, given?.pid);
        assert.deepEqual(await ids(db.sql), [id]);
        if (id % 2 === 1) throw new NotFoundError("undo");
        return joined?.pid;
      }, { isolation: "repeatable read" })
    ));
    const pids = results.flatMap((result) => result.status === "fulfilled" ? [result.value] : []);
    assert.equal(new Set(pids).size, 3);
    assert.deepEqual(await ids(db.sql), [0, 2, 4]);
  });

  it("is that of one database: another one has its own transactions", async () => {
    await using one = await withNotes();
    await using two = await withNotes();
    await assert.rejects(
      one.transaction(async () => {
        await two.sql`insert into notes (id) values (1)`;
        await two.transaction(async () => {
          await one.sql`insert into notes (id) values (1)`;
          await two.sql`insert into notes (id) values (2)`;
        });
        throw new NotFoundError("undo");
      }),
      NotFoundError,
    );
    assert.deepEqual(await ids(one.sql), []);
    assert.deepEqual(await ids(two.sql), [1, 2]);
  });

  it("rejects every use after the end, also of the tag and of nested transactions", async () => {
    await using db = await withNotes();
    let leaked: Sql | undefined;
    let later: Promise<unknown[]> | undefined;
    const gate = Promise.withResolvers<void>();
    await db.transaction((tx) => {
      leaked = tx;
      later = gate.promise.then(() =>
        Promise.all([
          assert.rejects(db.sql`insert into notes (id) values (1)`, isFinished),
          assert.rejects(db.sql.unsafe("insert into notes (id) values (1)"), isFinished),
          assert.rejects(db.transaction(() => {}), isFinished),
        ])
      );
    });
    await assert.rejects(leaked!`insert into notes (id) values (1)`, isFinished);
    gate.resolve();
    await later;
    assert.deepEqual(await ids(db.sql), []);
  });
});

describe("a nested transaction", () => {
  it("is a savepoint: what it did is undone alone, and the outer one commits", async () => {
    await using db = await withNotes();
    await db.transaction(async (tx) => {
      await tx`insert into notes (id) values (1)`;
      await assert.rejects(
        db.transaction(async () => {
          await db.sql`insert into notes (id) values (2)`;
          await db.transaction((inner) => inner`insert into notes (id) values (3)`);
          await db.sql`insert into notes (id) values (1)`;
        }),
        ConflictError,
      );
      await db.transaction((inner) => inner`insert into notes (id) values (4)`);
    });
    assert.deepEqual(await ids(db.sql), [1, 4]);
  });

  it("runs after its siblings, so that what is reported as done is done", async () => {
    await using db = await withNotes();
    const results = await db.transaction(async () =>
      await Promise.allSettled([1, 2, 3, 4].map((id) =>
        db.transaction(async (tx) => {
          await tx`insert into notes (id) values (${id})`;
          await tx`select 1`;
          if (id % 2 === 0) throw new NotFoundError("undo");
          return id;
        })
      ))
    );
    const done = results.flatMap((result) => result.status === "fulfilled" ? [result.value] : []);
    assert.deepEqual(done, [1, 3]);
    assert.deepEqual(await ids(db.sql), done);
  });

  it("is not mixed with statements of the outer one that run beside it", async () => {
    await using db = await withNotes();
    await db.transaction(async (tx) => {
      const begun = Promise.withResolvers<void>();
      const inner = db.transaction(async (nested) => {
        await nested`insert into notes (id) values (1)`;
        begun.resolve();
        await nested`select 1`;
        throw new NotFoundError("undo");
      });
      await begun.promise;
      await Promise.allSettled([inner, tx`insert into notes (id) values (2)`]);
    });
    assert.deepEqual(await ids(db.sql), [2]);
  });

  it("takes the outer tag for its own where it is used inside", async () => {
    await using db = await withNotes();
    await db.transaction(async (outer) => {
      await db.transaction(async () => {
        await outer`insert into notes (id) values (1)`;
        throw new NotFoundError("undo");
      }).catch(() => {});
    });
    assert.deepEqual(await ids(db.sql), []);
  });

  it("cannot set an isolation level or read only", async () => {
    await using db = await withNotes();
    await db.transaction(async () => {
      await assert.rejects(
        db.transaction(() => {}, { isolation: "serializable" }),
        new TypeError("Cannot set `isolation` of a nested transaction: set it on the outermost one"),
      );
      await assert.rejects(db.transaction(() => {}, { readOnly: true }), TypeError);
    });
  });

  it("leaves no savepoint behind, whose locks would fill the server's table in a long loop", async () => {
    await using db = await withNotes();
    await db.transaction(async (tx) => {
      for (let id = 0; id < 20; id++) {
        await db.transaction((inner) => inner`insert into notes (id) values (${id})`);
      }
      const [row] = await tx<{ count: number }>`
        select count(*)::int as count from pg_locks where locktype = 'transactionid' and pid = pg_backend_pid()`;
      assert.equal(row?.count, 1);
    });
  });
});

describe("a transaction that conflicts", () => {
  async function withCounter() {
    const db = await createTestDatabase();
    await db.sql`create table counters (id int primary key, value int not null)`;
    await db.sql`insert into counters values (1, 0), (2, 0)`;
    return db;
  }

  it("is run again as a whole until nothing is lost", async () => {
    await using db = await withCounter();
    let runs = 0;
    const allHaveRead = Promise.withResolvers<void>();
    await Promise.all(Array.from({ length: 8 }, () =>
      db.transaction(async (tx) => {
        const [row] = await tx<{ value: number }>`select value from counters where id = 1`;
        if (++runs === 8) allHaveRead.resolve();
        await allHaveRead.promise;
        await tx`update counters set value = ${row!.value + 1} where id = 1`;
      }, { isolation: "serializable", retries: 50 })));
    const [row] = await db.sql<{ value: number }>`select value from counters where id = 1`;
    assert.equal(row?.value, 8);
    assert.ok(runs >= 15, "seven of the first eight runs conflict with the one that commits first");
  });

  it("is run again after a deadlock", async () => {
    await using db = await withCounter();
    await db.sql`alter table counters set (autovacuum_enabled = false)`;
    const both = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let runs = 0;
    const transactions: Promise<void>[] = [[1, 2], [2, 1]].map(([first, second], index) =>
      db.transaction(async (tx) => {
        // Not again: the survivor may have to be woken before it has what it waited for.
        if (++runs > 2) await transactions[1 - index];
        await tx`set local deadlock_timeout = '20ms'`.catch(() => {});
        await tx`update counters set value = value + 1 where id = ${first!}`;
        both[index]!.resolve();
        await both[1 - index]!.promise;
        await tx`update counters set value = value + 1 where id = ${second!}`;
      })
    );
    await Promise.all(transactions);
    const rows = await db.sql<{ value: number }>`select value from counters`;
    assert.deepEqual(rows.map(({ value }) => value), [2, 2]);
    assert.equal(runs, 3);
  });

  it("fails with one mapped error when it conflicts each time", async () => {
    await using db = await withCounter();
    let runs = 0;
    await assert.rejects(
      db.transaction(async (tx) => {
        runs++;
        await tx.unsafe("do $$ begin raise exception 'x' using errcode = '40001'; end $$");
      }, { retries: 2 }),
      (error) => error instanceof ConflictError && error.details["retryable"] === true,
    );
    assert.equal(runs, 3);
  });

  it("is run again when the conflict is the cause of what the callback threw, and not otherwise", async () => {
    await using db = await withCounter();
    let runs = 0;
    const conflict = (tx: Sql) =>
      tx.unsafe("do $$ begin raise exception 'x' using errcode = '40P01'; end $$");
    await assert.rejects(
      db.transaction(async (tx) => {
        runs++;
        await conflict(tx).catch((cause) => {
          throw new NotFoundError("mine", { cause });
        });
      }, { retries: 1 }),
      NotFoundError,
    );
    assert.equal(runs, 2);
    await assert.rejects(
      db.transaction(() => {
        runs++;
        throw new NotFoundError("another");
      }),
      NotFoundError,
    );
    assert.equal(runs, 3);
  });

  it("is run again when a table changed under a prepared `select *`", async () => {
    await using db = await createTestDatabase({ poolSize: 1 });
    await db.sql`create table shapes (id int)`;
    const read = () => db.transaction((tx) => tx`select * from shapes`);
    await read();
    await db.sql`alter table shapes add column more int`;
    await read();
  });

  it("outside of a transaction nothing is sent twice", async () => {
    await using db = await withCounter();
    await db.sql`create sequence calls`;
    await assert.rejects(
      db.sql.unsafe(
        "do $$ begin perform nextval('calls'); raise exception 'x' using errcode = '40001'; end $$",
      ),
      ConflictError,
    );
    const [row] = await db.sql<{ last_value: string }>`select last_value from calls`;
    assert.equal(row?.last_value, "1");
  });
});

describe("the signal of a transaction", () => {
  it("cancels the statement that runs, and rolls back", async () => {
    await using db = await withNotes();
    await using watcher = await createTestDatabase();
    const controller = new AbortController();
    const reason = new Error("enough");
    const begun = Promise.withResolvers<number>();
    const cancelled = assert.rejects(
      db.transaction(async (tx) => {
        const [row] = await tx<
          { pid: number }
        >`insert into notes (id) values (1) returning pg_backend_pid() as pid`;
        begun.resolve(row!.pid);
        await tx`select pg_sleep(3600)`;
      }, { signal: controller.signal }),
      (error) => error === reason,
    );
    await waitForBackends(watcher, { pid: await begun.promise });
    controller.abort(reason);
    await cancelled;
    assert.deepEqual(await ids(db.sql), []);
  });

  it("ends a transaction whose callback waits for something else", async () => {
    await using db = await createTestDatabase({ poolSize: 1 });
    const controller = new AbortController();
    let after: Promise<unknown> | undefined;
    const transaction = db.transaction(async (tx) => {
      await tx`select 1`;
      await db.transaction(async (nested) => {
        controller.abort();
        after = assert.rejects(nested`select 1`, { name: "AbortError" });
        await new Promise(() => {});
      });
    }, { signal: controller.signal });
    await assert.rejects(transaction, { name: "AbortError" });
    await after;
    await db.ping();
  });

  it("ends the wait for a connection, and one that is aborted beforehand runs nothing", async () => {
    await using db = await createTestDatabase({ poolSize: 1 });
    const release = Promise.withResolvers<void>();
    const holder = db.transaction(() => release.promise);
    const controller = new AbortController();
    const waiter = db.transaction(() => assert.fail("it ran"), { signal: controller.signal });
    controller.abort();
    await assert.rejects(waiter, { name: "AbortError" });
    await assert.rejects(
      db.transaction(() => assert.fail("it ran"), { signal: controller.signal }),
      { name: "AbortError" },
    );
    release.resolve();
    await holder;
  });
});

for (const statement of ["rollback", "commit", "select 1; abort"]) {
  it(`a callback that sends \`${statement}\` fails, and nothing it sends afterwards is stored`, async () => {
    await using db = await createTestDatabase();
    await db.sql`create table notes (id int)`;
    const transaction = db.transaction(async (tx) => {
      await tx.unsafe(statement);
      await tx`insert into notes values (1)`;
    });
    await assert.rejects(transaction, /^DatabaseError: Cannot end a transaction by a statement: /);
    assert.equal((await db.sql`select from notes`).length, 0);
  });
}

it("a savepoint of a callback's own can be rolled back to", async () => {
  await using db = await createTestDatabase();
  await db.sql`create table notes (id int)`;
  await db.transaction(async (tx) => {
    await tx`savepoint mine`;
    await tx`insert into notes values (1)`;
    await tx`rollback to savepoint mine`;
    await tx.unsafe("insert into notes values (2); ROLLBACK WORK TO mine; insert into notes values (3)");
  });
  assert.deepEqual([...await db.sql`select id from notes`], [{ id: 3 }]);
});
