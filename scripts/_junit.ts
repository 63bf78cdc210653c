/**
 * Reads the JUnit reports that Deno, Bun and Node write.
 *
 * @module
 */

/** Numbers of tests by result. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** A test that failed. */
export interface FailedTest {
  /** Relative to the root, such as `tests/api/success_test.ts`; empty where the report does not name it. */
  readonly file: string;
  /** With the names of its groups, such as `a group > does this`. */
  readonly name: string;
  /** What was thrown, with its stack. */
  readonly message: string;
}

/** The content of a report. */
export interface Report extends Counts {
  readonly failures: readonly FailedTest[];
}

interface TestCase {
  readonly name: string;
  readonly file: string;
  isSkipped: boolean;
  /** Whether it failed only because one of its steps failed. */
  isOfStep: boolean;
  failure: string | undefined;
}

const TAG = /<(\/?)(testsuite|testcase|failure|error|skipped)\b((?:[^>"]|"[^"]*")*?)(\/?)>/g;

/**
 * Counts the tests of a report. Deno also lists the test around each step (`group` beside `group > step`), which is left
 * out unless it failed by itself, as with a hook, so that the three runtimes count the same.
 */
export function readReport(xml: string): Report {
  const cases = readCases(xml);
  const fileOf = new Map(cases.map(({ name, file }) => [name, file]));
  const parents = new Set(cases.flatMap(({ name }) => ancestors(name)));
  const failures: FailedTest[] = [];
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { name, file, failure, isSkipped, isOfStep } of cases) {
    if (parents.has(name) && (failure === undefined || isOfStep)) continue;
    if (failure !== undefined) {
      counts.failed++;
      const top = ancestors(name)[0] ?? name;
      failures.push({ name, file: file || fileIn(failure) || (fileOf.get(top) ?? ""), message: failure });
    } else if (isSkipped) counts.skipped++;
    else counts.passed++;
  }
  return { ...counts, failures };
}

function readCases(xml: string): TestCase[] {
  const cases: TestCase[] = [];
  const groups: string[] = [];
  let open: TestCase | undefined;
  let textFrom = 0;
  for (const { 1: closes, 2: tag, 3: text = "", 4: closesItself, 0: whole, index } of xml.matchAll(TAG)) {
    if (tag === "testsuite") {
      if (closes) groups.pop();
      else if (!closesItself) groups.push(attribute(text, "name"));
    } else if (tag === "testcase") {
      if (closes) open = undefined;
      else cases.push(open = testCase(text, groups));
    } else if (open === undefined) continue;
    else if (tag === "skipped") open.isSkipped = true;
    else if (closes) open.failure = decode(xml.slice(textFrom, index)).trim() || open.failure;
    else {
      textFrom = index + whole.length;
      open.failure = attribute(text, "message");
      open.isOfStep = /^\d+ test steps? failed/.test(open.failure);
    }
  }
  return cases;
}

/** Bun and Node nest tests in groups, Deno joins the names; Bun and Deno have one suite for each file. */
function testCase(attributes: string, groups: readonly string[]): TestCase {
  const around = groups.filter((name) => !isFile(name) && !name.startsWith("ext:"));
  const files = [attribute(attributes, "file"), attribute(attributes, "classname")];
  return {
    name: [...around, attribute(attributes, "name")].join(" > "),
    file: fileIn(files.find(isFile) ?? ""),
    isSkipped: false,
    isOfStep: false,
    failure: undefined,
  };
}

function isFile(name: string): boolean {
  return /_test\.[a-z]+$/.test(name);
}

/** The first test file that a text names, relative to the root, which may be in a folder that is called `tests`, too. */
function fileIn(text: string): string {
  return /\btests\/(?!tests\/)[\w/.-]*_test\.ts/.exec(text)?.[0] ?? "";
}

/** `a > b > c` is a step of `a` and of `a > b`. */
function ancestors(name: string): string[] {
  const parts = name.split(" > ");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join(" > "));
}

function attribute(text: string, name: string): string {
  return decode(new RegExp(`\\b${name}="([^"]*)"`).exec(text)?.[1] ?? "");
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", apos: "'", gt: ">", lt: "<", quot: '"' };

function decode(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    return String.fromCodePoint(decimal === undefined ? parseInt(hex, 16) : Number(decimal));
  });
}
