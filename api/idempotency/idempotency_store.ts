/** What identifies an operation. */
export interface IdempotencyEntry {
  /** Whose key it is. */
  readonly scope: string;
  /** The route of the contract, such as `POST /orders`. */
  readonly endpoint: string;
  /** The key of the request. */
  readonly key: string;
  /** Digest of the request's path parameters, query and body. */
  readonly fingerprint: string;
}

/** An answer that repetitions get. */
export interface KeptAnswer {
  /** HTTP status. */
  readonly status: number;
  /** Headers that belong to the answer, and not to the request or the connection. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The body; `undefined` where it is too large to be kept. */
  readonly body: string | undefined;
}

/** What a store says of an operation that is about to begin. */
export type IdempotencyReservation =
  | {
    /** It is the caller's now: nobody else gets it until `leaseMs` have passed. */
    readonly state: "reserved";
  }
  | {
    /** It runs, or its process is gone and `leaseMs` have not passed yet. */
    readonly state: "running";
    /** The fingerprint of the first request. */
    readonly fingerprint: string;
  }
  | {
    /** It has been answered. */
    readonly state: "done";
    /** The fingerprint of the first request. */
    readonly fingerprint: string;
    /** What it was answered. */
    readonly answer: KeptAnswer;
  };

/** Who holds an operation, and how long. */
export interface ReservationOptions {
  /** Tells the requests apart that reserve the same operation. */
  readonly owner: string;
  /** Milliseconds after which another request with the same fingerprint may have it. */
  readonly leaseMs: number;
  /** Milliseconds during which the key is known. */
  readonly ttlMs: number;
}

/** Where the keys of the mode `lock` are. Its clock decides, and each method is atomic. */
export interface IdempotencyStore {
  /**
   * Reserves an operation, unless it runs or was answered. One whose lease has passed may be had by the same fingerprint
   * only; one whose key has expired is like new.
   */
  reserve(entry: IdempotencyEntry, options: ReservationOptions): Promise<IdempotencyReservation>;
  /** Keeps the answer of a reserved operation. `false` where the owner does not have it any more. */
  keep(
    entry: IdempotencyEntry,
    answer: KeptAnswer,
    options: Omit<ReservationOptions, "leaseMs">,
  ): Promise<boolean>;
  /** Gives back what `owner` has reserved: the next request runs. */
  release(entry: IdempotencyEntry, options: Pick<ReservationOptions, "owner">): Promise<void>;
}
