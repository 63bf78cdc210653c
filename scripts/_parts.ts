/**
 * Splits a suite's files into parts. Each part runs in one process of the suite's runtime.
 *
 * @module
 */
import { root } from "./_project.ts";
import { reportsFolder } from "./_summary.ts";
import type { Suite } from "./_suites.ts";

/** Files in a part: few enough that parallel parts end at about the same time. */
const FILES_OF_A_PART = 12;

/** The weight of a long test. Other files have the weight 1. */
const LONG_WEIGHT = 6;

/** The weight of a suite in one part: some bundle, type-check, or lower their syntax first. */
const WHOLE_WEIGHT = 30;

/** A part of a suite. */
export interface Part {
  readonly suite: Suite;
  readonly files: readonly string[];
  /** Such as `bun 2 of 13`. */
  readonly label: string;
  /** Its expected duration, relative to other parts. */
  readonly weight: number;
  /** Path of the JUnit report. */
  readonly report: string;
  /** Path of the file with its output. */
  readonly log: string;
}

/** The parts of a suite that runs these files. */
export function partsOf(suite: Suite, own: readonly string[], isLong: (file: string) => boolean): Part[] {
  const count = suite.isDivisible ? Math.ceil(own.length / FILES_OF_A_PART) : Math.min(own.length, 1);
  // Round robin, long files first, so that each part gets its share of both.
  const inOrder = [...own.filter(isLong), ...own.filter((file) => !isLong(file))];
  return Array.from({ length: count }, (_, index) => {
    const part = inOrder.filter((_, place) => place % count === index);
    const path = `${reportsFolder()}/${suite.name}${count === 1 ? "" : `_${index + 1}`}`;
    return {
      suite,
      files: part,
      label: count === 1 ? suite.name : `${suite.name} ${index + 1} of ${count}`,
      weight: count > 1
        ? part.reduce((sum, file) => sum + (isLong(file) ? LONG_WEIGHT : 1), 0)
        : WHOLE_WEIGHT,
      report: `${path}.xml`,
      log: `${path}.log`,
    };
  });
}

/** The long files: those that have a short form, by `tests/_support/extent.ts`. */
export async function longFiles(files: readonly string[]): Promise<Set<string>> {
  const asks = await Promise.all(files.map(asksExtent));
  return new Set(files.filter((_, index) => asks[index]));
}

/** Whether a file imports `extent.ts`, or a file beside it that does: `./_support.ts` and the like. */
async function asksExtent(file: string): Promise<boolean> {
  const text = await Deno.readTextFile(`${root}/${file}`);
  if (/from "[./]+\/_support\/extent\.ts"/.test(text)) return true;
  const folder = file.slice(0, file.lastIndexOf("/"));
  for (const [, name] of text.matchAll(/from "\.\/(_[\w/]+\.ts)"/g)) {
    if (await asksExtent(`${folder}/${name}`)) return true;
  }
  return false;
}
