import { asPending, type Driver, type DriverQuery } from "./_driver.ts";
import type { Pool } from "./_pool.ts";
import type { Transaction } from "./_transaction.ts";
import type { PendingQuery, Row, Sql } from "./sql.ts";

/** Makes the tags of a database. */
export interface TagFactory {
  /** A tag whose queries go to the transaction that `route` gives, else to the pool. */
  create(route: () => Transaction | undefined): Sql;
  /** A query of a template. */
  query<T extends object>(
    transaction: Transaction | undefined,
    strings: TemplateStringsArray,
    parameters: readonly unknown[],
  ): PendingQuery<T>;
}

/** Tags look like the driver's; what they make are the driver's own queries, so that they can be parts of each other. */
export function tagFactory(driver: Driver, pool: Pool): TagFactory {
  function adopt(transaction: Transaction | undefined, query: DriverQuery): DriverQuery {
    return transaction === undefined ? pool.adopt(query) : transaction.adopt(query);
  }

  function query<T extends object>(
    transaction: Transaction | undefined,
    strings: TemplateStringsArray,
    parameters: readonly unknown[],
  ): PendingQuery<T> {
    return asPending<T>(adopt(transaction, (transaction?.tag ?? driver)(strings, ...parameters)));
  }

  function create(route: () => Transaction | undefined): Sql {
    const sql = <T extends object = Row>(first: unknown, ...rest: readonly unknown[]) =>
      isTemplate(first) ? query<T>(route(), first, rest) : driver(first, ...rest);
    const unsafe = <T extends object = Row>(
      text: string,
      parameters: readonly unknown[] = [],
      options: object = {},
    ): PendingQuery<T> => {
      const transaction = route();
      return asPending<T>(adopt(transaction, (transaction?.tag ?? driver).unsafe(text, parameters, options)));
    };
    const { json, array } = driver;
    return Object.assign(sql, { unsafe, json, array }) as Sql;
  }

  return { create, query };
}

function isTemplate(value: unknown): value is TemplateStringsArray {
  return Array.isArray(value) && Object.hasOwn(value, "raw");
}
