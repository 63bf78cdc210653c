/**
 * The work of a repository's methods. The first call imports it, so that a service which imports the whole package but
 * uses no database does not load it.
 *
 * @module
 */

export { insertMany, insertOne, upsertMany, upsertOne } from "./_inserts.ts";
export { findById, readAll, readCount, readExists, readPage } from "./_reads.ts";
export { Sessions } from "./_session.ts";
export { readSlice } from "./_slice.ts";
export { streamRows } from "./_stream.ts";
export { deleteMany, deleteOne, restoreOne, updateOne } from "./_updates.ts";
export { toConflict } from "./_upsert.ts";
