/** A secret of a configuration: `reveal` returns its value. */
export interface Revealable {
  reveal(): string;
}

/** The value of a secret; anything else unchanged. */
export function reveal(value: unknown): unknown {
  const isRevealable = typeof value === "object" && value !== null &&
    typeof (value as Partial<Revealable>).reveal === "function";
  return isRevealable ? (value as Revealable).reveal() : value;
}
