import { ConflictError } from "../../errors/common.ts";
import type { AnyRow, TableMapping } from "./_table_mapping.ts";
import { addBulkInsert, CHUNK } from "./_bulk.ts";
import { addInsert, toInsert } from "./_insert.ts";
import { Query } from "./_query.ts";
import { readRows } from "./_reads.ts";
import type { SaveOptions } from "./query_options.ts";
import { originOf } from "./_row_fault.ts";
import type { RowRules } from "./_row_schemas.ts";
import type { Session, Sessions } from "./_session.ts";
import { codeOf } from "../pool/_query_error.ts";
import { addOnConflict, type Conflict, sameKey, SeenKeys } from "./_upsert.ts";

/** Inserts one row; gives it as stored. */
export async function insertOne(sessions: Sessions, given: unknown, options: SaveOptions): Promise<AnyRow> {
  const { mapping } = sessions;
  const rules = rulesOf(options);
  const row = toInsert(mapping, given, sessions.tenant(), rules);
  return await sessions.write(rules.from, async (session) => {
    const query = new Query();
    addInsert(query, mapping, row, "");
    return (await readRows(query.add(` RETURNING ${mapping.selected}`), session))[0]!;
  });
}

/** Inserts all rows or none; gives their number. */
export async function insertMany(
  sessions: Sessions,
  given: readonly unknown[],
  options: SaveOptions,
): Promise<number> {
  const { mapping } = sessions;
  const rules = rulesOf(options);
  const tenant = sessions.tenant();
  const check = (start: number) =>
    given.slice(start, start + CHUNK).map((row, i) => toInsert(mapping, row, tenant, rules, start + i));
  const insert = async ({ sql }: Session, rows: readonly AnyRow[]) => {
    const query = new Query();
    addBulkInsert(query, mapping, rows, "");
    return (await query.run(sql, mapping.statements)).count;
  };
  if (given.length === 0) return 0;
  // Validated before any SQL: a systematic mistake already shows in the first rows.
  const first = check(0);
  if (given.length <= CHUNK) return await sessions.write(rules.from, (session) => insert(session, first));
  return await sessions.transact(rules.from, async (session) => {
    const chunks = new Pipeline();
    for (let start = 0; start < given.length; start += CHUNK) {
      await chunks.push(insert(session, start === 0 ? first : check(start)));
    }
    return await chunks.end();
  });
}

/**
 * Keeps one statement running while the next one is prepared, so that client and server work at the same time. `end()`
 * gives the number of rows that all statements affected.
 */
class Pipeline {
  #count = 0;
  #running: Promise<number> | undefined;

  async push(statement: Promise<number>): Promise<void> {
    const before = this.#running;
    this.#running = statement;
    statement.catch(() => {}); // awaited by the next push, or by end()
    if (before !== undefined) this.#count += await before;
    await nextTurn(); // lets the driver send it before the next rows are encoded
  }

  async end(): Promise<number> {
    if (this.#running !== undefined) this.#count += await this.#running;
    return this.#count;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Inserts a row, or changes the one that is there; gives it as stored. */
export async function upsertOne(
  sessions: Sessions,
  given: unknown,
  conflict: Conflict,
  options: SaveOptions,
): Promise<AnyRow> {
  const { mapping } = sessions;
  const rules = rulesOf(options);
  const row = toInsert(mapping, given, sessions.tenant(), rules);
  return await sessions.write(rules.from, async (session) => {
    const query = new Query();
    addInsert(query, mapping, row, " AS stored");
    addOnConflict(query, mapping, conflict, namesOf(given));
    const [stored] = await readRows(query.add(` RETURNING ${mapping.selected}`), session);
    if (stored === undefined) throw taken(mapping);
    return stored;
  });
}

/** Inserts or changes all rows, or none; gives their number. */
export async function upsertMany(
  sessions: Sessions,
  given: readonly unknown[],
  conflict: Conflict,
  options: SaveOptions,
): Promise<number> {
  const { mapping } = sessions;
  const rules = rulesOf(options);
  const tenant = sessions.tenant();
  if (given.length === 0) return 0;
  const groups = byColumns(given);
  return await sessions.transact(rules.from, async ({ sql }) => {
    const seen = new SeenKeys(mapping, conflict, rules.from);
    const refuseSameKey = (error: unknown) => {
      // Keys that only the server knows to be equal, such as the numerics 1.0 and 1.00.
      if (codeOf(error) !== "21000") throw error;
      throw sameKey(mapping, rules.from, "Two rows of the batch have the same key", error);
    };
    const chunks = new Pipeline();
    for (const [columns, places] of groups) {
      for (let start = 0; start < places.length; start += CHUNK) {
        const rows = places.slice(start, start + CHUNK).map((place) => {
          const row = toInsert(mapping, given[place], tenant, rules, place);
          seen.add(row, place);
          return row;
        });
        const query = new Query();
        addBulkInsert(query, mapping, rows, " AS stored");
        addOnConflict(query, mapping, conflict, JSON.parse(columns) as string[]);
        await chunks.push(
          query.run(sql, mapping.statements).catch(refuseSameKey).then(({ count }) => {
            if (count < rows.length) throw taken(mapping);
            return count;
          }),
        );
      }
    }
    return await chunks.end();
  });
}

/** Groups rows by the columns that they give: an upsert changes only those, so each group is a statement of its own. */
function byColumns(given: readonly unknown[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  given.forEach((row, place) => {
    const columns = JSON.stringify(namesOf(row).toSorted());
    const places = groups.get(columns);
    if (places === undefined) groups.set(columns, [place]);
    else places.push(place);
  });
  return groups;
}

function namesOf(row: unknown): string[] {
  if (typeof row !== "object" || row === null) return [];
  return Object.keys(row).filter((name) => (row as AnyRow)[name] !== undefined);
}

function rulesOf({ from, managed = false }: SaveOptions): RowRules {
  if (typeof managed !== "boolean") {
    throw new TypeError(`Expected \`managed\` to be true or false, got ${JSON.stringify(managed)}`);
  }
  return { from: originOf(from), managed };
}

function taken({ table }: TableMapping): ConflictError {
  return new ConflictError("A record with this key already exists", { conflictingResource: table.name });
}
