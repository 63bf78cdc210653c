/** Resolves as soon as `condition` gives something true, which it is asked for again and again, for at most `ms`. */
export async function waitFor<T>(condition: () => T | Promise<T>, ms = 10_000): Promise<T> {
  const until = Date.now() + ms;
  for (;;) {
    const result = await condition();
    if (result) return result;
    if (Date.now() > until) throw new Error(`Nothing came of it within ${ms} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
