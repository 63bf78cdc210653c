import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createProgress } from "../../scripts/_progress.ts";

const pieces = ["a 1 of 2", "a 2 of 2", "b", "c"].map((label) => ({ label, weight: 5 }));
const [first, second, third] = pieces as [typeof pieces[0], typeof pieces[0], typeof pieces[0]];

function setUp(width?: number) {
  const state = { written: "", ms: 0 };
  const progress = createProgress({
    pieces,
    write: (text) => state.written += text,
    columns: () => width,
    now: () => state.ms,
  });
  return { state, progress };
}

describe("progress in a log", () => {
  it("has a line for each part that is done, with how long is left", () => {
    const { state, progress } = setUp();
    progress.begin(first);
    progress.begin(second);
    state.ms = 65_000;
    progress.end(second, "7 passed in 65 s");
    progress.begin(third);
    progress.print("said between");
    state.ms = 100_000;
    progress.end(first, "3 passed in 100 s");
    progress.close();
    assert.deepEqual(state.written.trimEnd().split("\n"), [
      "[1:05] a 2 of 2: 7 passed in 65 s (1 of 4, about 2 min left)",
      "said between",
      "[1:40] a 1 of 2: 3 passed in 100 s (2 of 4, about 1 min left)",
    ]);
  });

  it("says what runs after half a minute of silence, and not before", () => {
    const { state, progress } = setUp();
    progress.begin(first);
    state.ms = 29_000;
    progress.tick();
    assert.equal(state.written, "");
    state.ms = 30_000;
    progress.tick();
    state.ms = 31_000;
    progress.tick();
    assert.equal(state.written, "[0:30] 0 of 4 parts done; running: a 1 of 2\n");
  });
});

describe("progress on a terminal", () => {
  it("is one line that is written over and fits, below what is printed", () => {
    const { state, progress } = setUp(30);
    progress.begin(first);
    assert.equal(state.written, "\r\x1b[2K[0:00] 0 of 4 parts done; run");
    state.written = "";
    progress.print("a line");
    assert.equal(state.written, "\r\x1b[2Ka line\n\r\x1b[2K[0:00] 0 of 4 parts done; run");
    state.written = "";
    progress.close();
    assert.equal(state.written, "\r\x1b[2K");
  });
});
