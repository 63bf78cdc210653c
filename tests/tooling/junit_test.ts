import assert from "node:assert/strict";
import { test } from "node:test";
import { type Counts, readReport } from "../../scripts/_junit.ts";

function counted(xml: string): Counts {
  const { passed, failed, skipped } = readReport(xml);
  return { passed, failed, skipped };
}

test("counts passed, failed and skipped test cases", () => {
  const xml = `<testsuites><testsuite name="a" tests="4">
    <testcase name="one" time="0.1"/>
    <testcase name="a &gt; b is an arrow only in a parent's name" time="0.1"></testcase>
    <testcase name="three"><failure message="x > y">Error</failure></testcase>
    <testcase name="four"><error message="no"/></testcase>
    <testcase name="five"><skipped/></testcase>
  </testsuite></testsuites>`;
  assert.deepEqual(counted(xml), { passed: 2, failed: 2, skipped: 1 });
});

test("leaves out the tests around steps", () => {
  const xml = `<testcase name="group"><failure message="1 test step failed"/></testcase>
    <testcase name="group &gt; inner &gt; fails"><failure/></testcase>
    <testcase name="group &gt; inner"><failure message="2 test steps failed"/></testcase>
    <testcase name="group &gt; passes"></testcase>`;
  assert.deepEqual(counted(xml), { passed: 1, failed: 1, skipped: 0 });
});

test("counts a hook that failed beside its steps", () => {
  const xml = `<testcase name="group"><failure message="Uncaught Error: hook"/></testcase>
    <testcase name="group &gt; passes"></testcase>`;
  assert.deepEqual(counted(xml), { passed: 1, failed: 1, skipped: 0 });
});

test("counts nothing in a report that is missing", () => {
  assert.deepEqual(counted(""), { passed: 0, failed: 0, skipped: 0 });
});

const FAILED = { file: "tests/a/x_test.ts", name: "group > inner > fails" };

test("says which test of which file failed, and why, as Deno writes it", () => {
  const xml = `<testsuite name="./tests/a/x_test.ts">
      <testcase name="group" classname="./tests/a/x_test.ts"><failure message="1 test step failed">.</failure></testcase>
    </testsuite>
    <testsuite name="ext:deno_node/testing.ts">
      <testcase name="group &gt; inner &gt; fails" classname="ext:deno_node/testing.ts">
        <failure message="no">AssertionError: no &lt;way&gt;&#10;  at x</failure>
      </testcase>
    </testsuite>`;
  assert.deepEqual(readReport(xml).failures, [{ ...FAILED, message: "AssertionError: no <way>\n  at x" }]);
});

test("says which test of which file failed, and why, as Bun writes it", () => {
  const xml = `<testsuite name="tests/a/x_test.ts"><testsuite name="group"><testsuite name="inner">
      <testcase name="fails" classname="inner &gt; group" file="tests/a/x_test.ts">
        <failure type="Error" message="boom">Error: boom</failure>
      </testcase></testsuite></testsuite></testsuite>`;
  assert.deepEqual(readReport(xml).failures, [{ ...FAILED, message: "Error: boom" }]);
});

test("says which test of which file failed, and why, as Node writes it", () => {
  const xml = `<testsuite name="group"><testsuite name="inner">
      <testcase name="fails" classname="test" failure="boom"><failure message="boom">
        Error: boom
          at TestContext (file:///home/me/tests/tests/a/x_test.ts:3:78)
      </failure></testcase></testsuite><testcase name="passes" classname="test"/></testsuite>`;
  const { failures, passed } = readReport(xml);
  assert.deepEqual(failures.map(({ file, name }) => ({ file, name })), [FAILED]);
  assert.match(failures[0]!.message, /^Error: boom\n/);
  assert.equal(passed, 1);
});
