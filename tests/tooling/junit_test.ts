import assert from "node:assert/strict";
import { test } from "node:test";
import { countTests } from "../../scripts/_junit.ts";

test("counts passed, failed and skipped test cases", () => {
  const xml = `<testsuites><testsuite name="a" tests="4">
    <testcase name="one" time="0.1"/>
    <testcase name="a &gt; b is an arrow only in a parent's name" time="0.1"></testcase>
    <testcase name="three"><failure message="x > y">Error</failure></testcase>
    <testcase name="four"><error message="no"/></testcase>
    <testcase name="five"><skipped/></testcase>
  </testsuite></testsuites>`;
  assert.deepEqual(countTests(xml), { passed: 2, failed: 2, skipped: 1 });
});

test("leaves out the tests around steps", () => {
  const xml = `<testcase name="group"><failure message="1 test step failed"/></testcase>
    <testcase name="group &gt; inner &gt; fails"><failure/></testcase>
    <testcase name="group &gt; inner"><failure/></testcase>
    <testcase name="group &gt; passes"></testcase>`;
  assert.deepEqual(countTests(xml), { passed: 1, failed: 1, skipped: 0 });
});

test("counts nothing in a report that is missing", () => {
  assert.deepEqual(countTests(""), { passed: 0, failed: 0, skipped: 0 });
});
