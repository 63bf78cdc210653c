/**
 * Cuts a suite's files into parts, each of which is one process of the suite's runtime.
 *
 * @module
 */
import { cacheDir, root } from "./_project.ts";
import type { Suite } from "./_suites.ts";

/** So many files make a part: few enough that the parts end at about the same time, however many run at once. */
const FILES_OF_A_PART = 12;

/** What a long test weighs, where any other file weighs 1. */
const LONG_WEIGHT = 6;

/** What a suite that is not cut weighs: it bundles, or type-checks. */
const WHOLE_WEIGHT = 30;

/** A part of a suite. */
export interface Part {
  readonly suite: Suite;
  readonly files: readonly string[];
  /** Such as `bun 2 of 13`. */
  readonly label: string;
  /** How long it takes, beside others. */
  readonly weight: number;
  /** Where the JUnit report goes. */
  readonly report: string;
  /** Where everything goes that it prints. */
  readonly log: string;
}

/** The parts of a suite with these files, none where it has none of them. */
export function partsOf(suite: Suite, files: readonly string[], isLong: (file: string) => boolean): Part[] {
  const own = files.filter((file) => suite.accepts(file));
  const count = suite.isDivisible ? Math.ceil(own.length / FILES_OF_A_PART) : Math.min(own.length, 1);
  // The long ones are dealt out first, and the others in turn, so that each part has its share of either.
  const inOrder = [...own.filter(isLong), ...own.filter((file) => !isLong(file))];
  return Array.from({ length: count }, (_, index) => {
    const part = inOrder.filter((_, place) => place % count === index);
    const path = `${cacheDir}/reports/${suite.name}${count === 1 ? "" : `_${index + 1}`}`;
    return {
      suite,
      files: part,
      label: count === 1 ? suite.name : `${suite.name} ${index + 1} of ${count}`,
      weight: suite.isDivisible
        ? part.reduce((sum, file) => sum + (isLong(file) ? LONG_WEIGHT : 1), 0)
        : WHOLE_WEIGHT,
      report: `${path}.xml`,
      log: `${path}.log`,
    };
  });
}

/** Those of the files that go a short way where they are told to: they ask `tests/_support/extent.ts`. */
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
