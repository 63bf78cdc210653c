const SIZE = 1 << 14;
const MASK = SIZE - 1;

/**
 * The sequences that this process settled last (up to 16,384). Acknowledgements are lost when the connection breaks, and those
 * of the last moments before a crash of the server; what it then delivers again was handled here and is not handled twice.
 */
export class RecentlySettled {
  readonly #sequences = new Float64Array(SIZE);
  #greatest = 0;

  add(sequence: number): void {
    this.#sequences[sequence & MASK] = sequence;
    if (sequence > this.#greatest) this.#greatest = sequence;
  }

  has(sequence: number): boolean {
    return this.#sequences[sequence & MASK] === sequence;
  }

  /** Greatest settled sequence; 0 before the first. */
  get greatest(): number {
    return this.#greatest;
  }

  /** Forgets all sequences, as when the stream was made again. */
  clear(): void {
    this.#sequences.fill(0);
    this.#greatest = 0;
  }
}
