/** Waits for `work`, whatever comes of it, for at most `ms` milliseconds. */
export async function settleWithin(ms: number, work: () => Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<void>((resolve) => timer = setTimeout(resolve, ms));
  await Promise.race([work().catch(() => {}), timeout]);
  clearTimeout(timer);
}
