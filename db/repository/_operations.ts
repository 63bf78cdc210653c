/**
 * What the methods of a repository do. It is imported with the first call of one: a service without a database, which
 * imports the whole package, does not pay for it.
 *
 * @module
 */

export { insertMany, insertOne, upsertMany, upsertOne } from "./_inserts.ts";
export { findById, readAll, readCount, readExists, readPage, readSlice } from "./_reads.ts";
export { Sessions } from "./_session.ts";
export { streamRows } from "./_stream.ts";
export { deleteMany, deleteOne, restoreOne, updateOne } from "./_updates.ts";
export { toConflict } from "./_upsert.ts";
