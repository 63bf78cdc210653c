/** An iterator that opens the generator of its rows with the first `next()`, and then passes calls on to it. */
export function deferredRows<T>(
  open: () => Promise<AsyncGenerator<T, void, undefined>>,
): AsyncGenerator<T, void, undefined> {
  let rows: AsyncGenerator<T, void, undefined> | undefined;
  let opening: Promise<AsyncGenerator<T, void, undefined>> | undefined;
  let ended = false;
  const opened = () => opening ??= open().then((opened) => rows = opened);
  const end = async (): Promise<IteratorResult<T, void>> => {
    ended = true;
    await (await opening)?.return();
    return { done: true, value: undefined };
  };
  return {
    next() {
      if (rows !== undefined) return rows.next();
      return ended ? end() : opened().then((rows) => rows.next());
    },
    return: end,
    async throw(error) {
      await end();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await end();
    },
  };
}
