/**
 * The same function with its last results, at most `size` of them. In two generations: when the younger one is full, the
 * older one is dropped, and what is asked for again moves to the younger one.
 */
export function remembered<Result>(work: (text: string) => Result, size: number): (text: string) => Result {
  let younger = new Map<string, Result>();
  let older = new Map<string, Result>();
  return (text) => {
    const known = younger.get(text);
    if (known !== undefined) return known;
    const result = older.get(text) ?? work(text);
    if (younger.size >= size / 2) {
      older = younger;
      younger = new Map();
    }
    younger.set(text, result);
    return result;
  };
}
