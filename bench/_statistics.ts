/** The middle value. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

/**
 * Measures each subject once a round, in an order that turns every round, so that whatever else the machine does
 * disturbs them alike. Gives the values of each subject, round by round.
 *
 * With `turns` a round has so many turns of each subject, whose values are added. Turns that are shorter than the pauses
 * of the garbage collector are apart meet all of them; with longer ones it is chance whose turn a pause falls into.
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
