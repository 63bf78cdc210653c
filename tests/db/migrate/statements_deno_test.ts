import assert from "node:assert/strict";
import { test } from "node:test";
import { splitStatements, SqlTextError } from "../../../db/migrate/_statements.ts";

const texts = (sql: string) => splitStatements(sql).statements.map(({ text }) => text);

test("a semicolon ends a statement, and the last one needs none", () => {
  assert.deepEqual(texts("select 1; select 2 ;\n\n;; select 3"), ["select 1", "select 2", "select 3"]);
  assert.deepEqual(texts(" \n-- nothing\n/* here */ ;"), []);
});

const WHOLE = {
  "a string": "select 'a;b''c;', 'it''s'",
  "a string with a backslash at its end": "select 'c:\\'",
  "an escape string": "select E'a\\';b', e'\\\\', 1",
  "an escape string in two parts": "select E'a'\n  'b\\';c'",
  "a quoted name": 'select 1 as "a;b""c;"',
  "a dollar quote": "do $$ begin perform 1; perform 'x'; end $$",
  "a dollar quote with a tag": "select $f$ a; $$ b; $$ $g$ c; $f$",
  "a tag with letters beyond ASCII": "select $größe$;$größe$",
  "a dollar in a name": "select a$b$c from t$1",
  "a parameter": "select $1, $2",
  "a line comment": "select 1 -- it's; not the end\n, 2",
  "a nested block comment": "select 1 /* a; /* b; */ 'c; */, 2",
  "parentheses":
    "create rule r as on insert to t do also (insert into a values (1); insert into b values (2))",
  "a body that begins atomic":
    "create or replace function f(a int) returns int begin atomic select 1; select case when a > 0 then 1 else 2 end; end",
  "a procedure that begins atomic": "create procedure p() begin atomic insert into t values (1); end",
  "a function of PL/pgSQL": "create function f() returns int language plpgsql as $$ begin return 1; end; $$",
  "a string after a name": "select date '2026-01-01;', U&'d;', B'1', N';'",
};

for (const [name, sql] of Object.entries(WHOLE)) {
  test(`${name} is one statement, with its semicolons`, () => {
    assert.deepEqual(texts(`${sql};\nselect 2;`), [sql, "select 2"]);
  });
}

test("a statement knows where it begins and what it says", () => {
  const { statements } = splitStatements("-- first\n\ncreate table a (b int);\n  drop\n  table a;");
  assert.deepEqual(statements.map(({ line, offset }) => [line, offset]), [[3, 10], [4, 36]]);
  assert.deepEqual(statements.map(({ words }) => words), [["CREATE", "TABLE", "A"], ["DROP", "TABLE", "A"]]);
});

test("a comment is kept when its line has nothing before it, outside of quotes", () => {
  const { comments } = splitStatements(
    "-- a\nselect 1; -- b\n  -- c\nselect $$\n-- d\n$$, '\n-- e\n';\n/*\n-- f\n*/",
  );
  assert.deepEqual(comments.map(({ text, line }) => [text, line]), [["-- a", 1], ["-- c", 3]]);
});

const BROKEN = {
  "select 'a": "a string is not closed",
  'select "a': "a quoted name is not closed",
  "select E'a\\'": "a string is not closed",
  "select $a$ $b$": "the quote $a$ is not closed",
  "select /* /* */": "a comment is not closed",
  "select (1": "a parenthesis is not closed",
  "create function f() returns int begin atomic select 1;": "`begin atomic` has no `end`",
  "\\connect other": "a command of psql, which the server does not understand; remove it",
};

for (const [sql, message] of Object.entries(BROKEN)) {
  test(`${sql} is refused, with its line`, () => {
    assert.throws(() => splitStatements(`select 0;\n${sql}`), (error) => {
      assert.ok(error instanceof SqlTextError);
      assert.deepEqual([error.message, error.line], [message, 2]);
      return true;
    });
  });
}

test("a string of several megabytes is taken apart", () => {
  const long = "x''y".repeat(2_000_000);
  const parts = texts(`insert into t values ('${long}'); insert into t values (E'${long}\\n');select 1`);
  assert.deepEqual(parts.map(({ length }) => length), [long.length + 25, long.length + 28, 8]);
});
