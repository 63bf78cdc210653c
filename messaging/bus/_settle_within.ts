/** Waits until `work` settles, but at most `ms` milliseconds; never rejects. */
export async function settleWithin(ms: number, work: () => Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<void>((resolve) => timer = setTimeout(resolve, ms));
  await Promise.race([work().catch(() => {}), timeout]);
  clearTimeout(timer);
}
