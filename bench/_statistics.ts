/** The median. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

/**
 * Measures each subject once in each round, in an order that rotates from round to round, so that other load on the
 * machine affects them equally. Gives the values of each subject by round.
 *
 * With `turns`, a round measures each subject that many times, and adds up the values. Turns that are short compared to the
 * interval of garbage collections spread their pauses over all subjects; with long turns, chance decides which is hit.
 */
export async function takeTurns<Name extends string>(
  rounds: number,
  subjects: Readonly<Record<Name, () => Promise<number>>>,
  turns: number = 1,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(subjects) as Name[];
  const values = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let turn = 0; turn < rounds * turns; turn++) {
    const round = Math.floor(turn / turns);
    for (const name of turn % 2 === 0 ? names : names.toReversed()) {
      values[name][round] = (values[name][round] ?? 0) + await subjects[name]();
    }
  }
  return values;
}

/** The median over the rounds of `a` divided by `b`. */
export function medianRatio(a: readonly number[], b: readonly number[]): number {
  return median(a.map((value, round) => value / b[round]!));
}
