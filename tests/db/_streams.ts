import type { Readable, Writable } from "node:stream";
import type { Row, Sql } from "@glam/shared/db";

/** What a query of postgres.js can do besides what `PendingQuery` has. */
export interface StreamingQuery<T extends object = Row> {
  readable(): Promise<Readable>;
  writable(): Promise<Writable>;
  cursor(rows: number): AsyncIterable<T[]>;
  cursor(rows: number, each: (rows: T[]) => unknown): Promise<unknown>;
  forEach(each: (row: T) => void): Promise<unknown>;
}

/** A query of text, with the streams of postgres.js. */
export function streaming<T extends object = Row>(sql: Sql, text: string): StreamingQuery<T> {
  // Not `unsafe`, which has no streams: a template without parameters.
  const strings = Object.assign([text], { raw: [text] }) as unknown as TemplateStringsArray;
  return sql<T>(strings) as unknown as StreamingQuery<T>;
}
