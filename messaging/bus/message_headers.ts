/** Headers of a message to send: pairs of name and value, in order. A name may occur more than once. */
export type HeaderEntries = readonly (readonly [name: string, value: string])[];

/** The headers of a received message. Names keep their spelling; lookups ignore case. */
export class MessageHeaders implements Iterable<readonly [name: string, value: string]> {
  readonly #entries: HeaderEntries;

  /** Headers with these entries. */
  constructor(entries: HeaderEntries = []) {
    this.#entries = entries;
  }

  /** How many entries there are. */
  get size(): number {
    return this.#entries.length;
  }

  /** The first value of a header, or `undefined`. */
  get(name: string): string | undefined {
    const entries = this.#entries;
    for (let i = 0; i < entries.length; i++) if (entries[i]![0] === name) return entries[i]![1];
    const wanted = name.toLowerCase();
    for (let i = 0; i < entries.length; i++) {
      if (entries[i]![0].toLowerCase() === wanted) return entries[i]![1];
    }
    return undefined;
  }

  /** Whether the header is there. */
  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** The entries, in the order in which they were sent. */
  [Symbol.iterator](): Iterator<readonly [name: string, value: string]> {
    return this.#entries[Symbol.iterator]();
  }
}

/** No headers. */
export const NO_HEADERS: MessageHeaders = new MessageHeaders();
