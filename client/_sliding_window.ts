/** How many slices a window is counted in. */
const SLICES = 10;

/** A tenth of a window. */
export interface Slice {
  number: number;
  /** What has happened in it. */
  total: number;
  /** How much of that counts twice: a failure, or a repetition. */
  marked: number;
}

const EMPTY: Slice = { number: -1, total: 0, marked: 0 };

/** Counts what happens within a window that ends now. */
export class SlidingWindow {
  readonly #sliceMs: number;
  readonly #startedAt: number;
  slices: Slice[] = Array.from({ length: SLICES }, () => ({ ...EMPTY }));

  constructor(windowMs: number, startedAt = 0) {
    this.#sliceMs = windowMs / SLICES;
    this.#startedAt = startedAt;
  }

  /** The slice of this moment. */
  current(): Slice {
    const number = Math.max(0, Math.floor((Date.now() - this.#startedAt) / this.#sliceMs));
    const slice = this.slices[number % SLICES]!;
    return slice.number === number ? slice : Object.assign(slice, EMPTY, { number });
  }

  /** The sums of the window that ends with a slice. */
  sums({ number }: Slice): { readonly total: number; readonly marked: number } {
    let [total, marked] = [0, 0];
    for (const slice of this.slices) {
      if (slice.number <= number - SLICES) continue;
      total += slice.total;
      marked += slice.marked;
    }
    return { total, marked };
  }

  clear(): void {
    for (const slice of this.slices) Object.assign(slice, EMPTY);
  }
}
