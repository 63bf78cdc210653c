import { outsideContext } from "../internal/outside_context.ts";
import type { Database } from "./database.ts";
import type { DatabaseOptions } from "./options.ts";

/**
 * Connects to Postgres. The result is a connection pool with deadlines that rejects with the errors of this package.
 *
 * @example
 * ```ts
 * import { connectDatabase } from "@glam/shared/db";
 *
 * async function main() {
 *   await using db = await connectDatabase("postgres://app:s3cret@localhost:5432/catalog");
 *   await db.transaction(async (tx) => {
 *     await tx`update items set stock = stock - 1 where id = ${7}`;
 *     await tx`insert into orders (item_id) values (${7})`;
 *   });
 *   console.log(await db.health()); // { status: "healthy", latency_ms: 0.8 }
 * }
 * ```
 *
 * @throws {TypeError} when an option has the wrong type.
 * @throws {RangeError} when a number is out of its range.
 * @throws {ConfigError} when `enabled` is false.
 * @throws {DatabaseError} when no connection is open within `connectTimeoutMs`, unless `lazy` is set.
 */
export async function connectDatabase(database: string | DatabaseOptions): Promise<Database> {
  // Imported here, so that a service without a database does not load the driver.
  const { openDatabase } = await outsideContext(() => import("./_open_database.ts"));
  return await openDatabase(database);
}
