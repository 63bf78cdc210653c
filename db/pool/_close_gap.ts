/**
 * Removes the places at the beginning of a result that hold no row. The driver counts the rows of a connection: after a
 * query that failed between two rows, it goes on from there with the next one, also when it has reconnected.
 */
export function closeGap(result: unknown): void {
  if (!Array.isArray(result) || result.length === 0) return;
  if (0 in result) return closeGap(result[0]); // of several statements each has a result
  let gap = 1;
  while (gap < result.length && !(gap in result)) gap++;
  result.splice(0, gap);
}
