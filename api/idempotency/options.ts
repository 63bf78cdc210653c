import type { Database } from "../../db/database.ts";
import type { EndpointContext } from "../_endpoint_context.ts";
import type { IdempotencyStore } from "./idempotency_store.ts";

/** Options of `idempotency`: a `database` or a `store`. */
export interface IdempotencyOptions {
  /**
   * The database that the handlers write to: effect and record are then one transaction. Its table is
   * `glam_idempotency_keys`. A function gives the database of a request, for runtimes whose connections belong to
   * requests, as on workerd; the guard then does not check, make or clean up the table.
   * @default none
   */
  readonly database?: Database | ((c: EndpointContext) => Database) | undefined;
  /**
   * Where the keys are without a database, for endpoints whose effect is elsewhere.
   * @default none
   */
  readonly store?: IdempotencyStore | undefined;
  /**
   * Milliseconds during which a key is known, from 1000.
   * @default 86400000 (a day)
   */
  readonly ttlMs?: number | undefined;
  /**
   * Whose key it is: the same key of another scope is another operation. Take it from what authentication has found, and
   * never from a header that a client can choose.
   * @default merchant, user and calling service of the request's context together, else the principal
   */
  readonly scope?: ((c: EndpointContext) => string) | undefined;
  /**
   * Milliseconds after which the handler may run again where the process that ran it is gone, of endpoints with the mode
   * `lock`; a contract can say another number. It must be longer than the handler takes, from 1000.
   * @default 30000
   */
  readonly leaseMs?: number | undefined;
  /**
   * Bytes of an answer that are kept at most. To the repetition of a request with a larger answer it is said that it was
   * done.
   * @default 262144 (256 KiB)
   */
  readonly maxStoredBytes?: number | undefined;
  /**
   * Milliseconds between two clean-ups of a running service, from 1000.
   * @default 60000
   */
  readonly cleanUpEveryMs?: number | undefined;
}
