/** Milliseconds from the arrival of a request that its answer may take. */
export interface TimeLimits {
  /** As the application or the endpoint has it. */
  readonly ownMs?: number | undefined;
  /** As the caller waits, which can but shorten it. */
  readonly callerMs?: number | undefined;
}

/** The limits of a request that is being answered. */
export interface RequestDeadline extends TimeLimits {
  /** Whether it is the caller's limit that holds. */
  readonly isCallers: boolean;
  /** Replaces those limits that are given. */
  set(limits: TimeLimits): void;
  /**
   * Lets the request take the time that it still needs, because what it does can no longer be undone. `false` where its
   * time has passed already.
   */
  lift(): boolean;
}
