const SIZE = 1 << 14;
const MASK = SIZE - 1;

/**
 * The sequences that this process settled last. The server forgets the acknowledgements of the moment before it dies, and
 * those on a connection that breaks: what it delivers again although it was settled here needs no second run.
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

  /** The greatest sequence settled, 0 before the first. */
  get greatest(): number {
    return this.#greatest;
  }

  /** Forgets everything: the stream is another one. */
  clear(): void {
    this.#sequences.fill(0);
    this.#greatest = 0;
  }
}
