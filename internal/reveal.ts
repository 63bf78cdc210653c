/** A secret of a configuration: `reveal` returns its value. */
export interface Revealable {
  /** Its value. */
  reveal(): string;
}

/** The value of a secret; anything else unchanged. */
export function reveal(value: unknown): unknown {
  const isRevealable = typeof value === "object" && value !== null &&
    typeof (value as Partial<Revealable>).reveal === "function";
  return isRevealable ? (value as Revealable).reveal() : value;
}

/**
 * A function that asks a secret anew with each call, for a password that changes. It gives the last text again where the
 * secret fails or reveals anything else, such as a file that is being replaced. The first call has no last text.
 */
export function currentText(value: unknown): () => string | undefined {
  let last: string | undefined;
  return () => {
    try {
      const revealed = reveal(value);
      if (typeof revealed === "string") last = revealed;
    } catch (error) {
      if (last === undefined) throw error;
    }
    return last;
  };
}
