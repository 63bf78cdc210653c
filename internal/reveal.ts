/** Something that shows its value only when asked, as the secrets of a configuration do. */
export interface Revealable {
  reveal(): string;
}

/** A text, or the one that a secret holds; anything else as it is. */
export function reveal(value: unknown): unknown {
  const isRevealable = typeof value === "object" && value !== null &&
    typeof (value as Partial<Revealable>).reveal === "function";
  return isRevealable ? (value as Revealable).reveal() : value;
}
