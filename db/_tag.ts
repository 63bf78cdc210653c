import { asPending, type Driver, type DriverQuery } from "./connection/_driver.ts";
import type { Pool } from "./pool/_pool.ts";
import { rememberSite } from "./pool/_query_site.ts";
import type { Transaction } from "./transaction/_transaction.ts";
import type { PendingQuery, Row, Sql } from "./sql.ts";

/**
 * Creates tags that send their queries to the transaction that `route` returns, or to the pool when it returns none.
 * The queries are the driver's own objects, so that one query can be a fragment of another.
 */
export function tagFactory(driver: Driver, pool: Pool): (route: () => Transaction | undefined) => Sql {
  const { json, array } = driver;

  function adopt<T extends object>(
    transaction: Transaction | undefined,
    query: DriverQuery,
  ): PendingQuery<T> {
    return asPending<T>(transaction === undefined ? pool.adopt(query) : transaction.adopt(query));
  }

  return (route) => {
    function sql<T extends object = Row>(
      first: unknown,
      ...rest: readonly unknown[]
    ): PendingQuery<T> | object {
      if (!isTemplate(first)) return driver(first, ...rest);
      rememberSite(first, sql);
      const transaction = route();
      return adopt<T>(transaction, (transaction?.tag ?? driver)(first, ...rest));
    }

    function unsafe<T extends object = Row>(
      text: string,
      parameters: readonly unknown[] = [],
      options: object = {},
    ): PendingQuery<T> {
      const transaction = route();
      const query = (transaction?.tag ?? driver).unsafe(text, parameters, options);
      rememberSite(query.strings, unsafe);
      return adopt<T>(transaction, query);
    }

    sql.unsafe = unsafe;
    sql.json = json;
    sql.array = array;
    return sql as Sql;
  };
}

function isTemplate(value: unknown): value is TemplateStringsArray {
  return Array.isArray(value) && Object.hasOwn(value, "raw");
}
