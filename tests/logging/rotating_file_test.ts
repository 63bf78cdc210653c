import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createLogger, type LogFileOptions } from "@glam/shared/logging";
import { startScript } from "../_support/child_process.ts";
import { capture, type Line, withEnv } from "./_capture.ts";

function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "glam-logging-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

function read(path: string): Line[] {
  return readFileSync(path, "utf8").split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

function messages(path: string): unknown[] {
  return read(path).map(({ message }) => message);
}

function fileLogger(file: LogFileOptions, format: "json" | "console" = "json") {
  const lines: string[] = [];
  const log = createLogger("catalog", { format, file, sink: (line) => void lines.push(line) });
  return { log, lines };
}

test("a file gets the lines that the sink gets, those before the import included, in their order", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "deep", "er", "catalog.log");
  const { log, lines } = fileLogger({ path });
  log.info("a");
  log.child({ b: 1 }).info("b");
  await log.flush();
  log.info("c");
  await log.flush();
  assert.equal(readFileSync(path, "utf8"), lines.join("\n") + "\n");
  assert.deepEqual(messages(path), ["a", "b", "c"]);
  await log.close();
});

test("a file gets JSON, whatever the sink gets", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "catalog.log");
  const { log, lines } = fileLogger({ path }, "console");
  log.info("a", { token: "t", item: 7 });
  await log.close();
  assert.match(lines[0]!, / - INFO - \[token=\[redacted\] item=7\] - a$/);
  const [line] = read(path);
  assert.deepEqual([line?.["message"], line?.["token"], line?.["item"]], ["a", "[redacted]", 7]);
});

test("LOG_FILE names the file, and `file: false` means none", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "env.log");
  using _ = withEnv({ LOG_FILE: path });
  capture({ file: false }).log.info("not in the file");
  const { log } = capture({ file: undefined });
  log.info("in the file");
  await log.close();
  assert.deepEqual(messages(path), ["in the file"]);
});

test("a file that is there already is continued", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "catalog.log");
  for (const message of ["first run", "second run"]) {
    const { log } = fileLogger({ path });
    log.info(message);
    await log.close();
  }
  assert.deepEqual(messages(path), ["first run", "second run"]);
});

test("megabytes are rotated at maxBytes, `keep` files are kept, and no line is cut", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "catalog.log");
  const maxBytes = 128 * 1024;
  const { log, lines } = fileLogger({ path, maxBytes, keep: 3 });
  const total = 12_000;
  for (let i = 0; i < total; i++) {
    log.info("rotating", { i, padding: "x".repeat(200) });
    if (i % 1000 === 0) await log.flush();
  }
  await log.close();
  assert.ok(lines.join("\n").length > 3 * 1024 * 1024);
  assert.equal(existsSync(`${path}.4`), false);
  const files = [`${path}.3`, `${path}.2`, `${path}.1`, path];
  for (const file of files) assert.ok(statSync(file).size <= maxBytes, `${file} is ${statSync(file).size}`);
  for (const file of files.slice(0, 3)) assert.ok(statSync(file).size > maxBytes / 2);
  const numbers = files.flatMap((file) => read(file)).map(({ i }) => i);
  assert.deepEqual(numbers, Array.from({ length: numbers.length }, (_, i) => total - numbers.length + i));
});

test("more than can wait is written in between by a loop that never lets go", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "catalog.log");
  const log = createLogger("catalog", { sink: () => {}, file: { path, maxBytes: 64 * 1024 * 1024 } });
  await log.flush();
  const total = 1200;
  for (let i = 0; i < total; i++) log.info("x".repeat(8000), { i });
  assert.ok(statSync(path).size > 7 * 1024 * 1024);
  await log.close();
  assert.deepEqual(read(path).map(({ i }) => i), Array.from({ length: total }, (_, i) => i));
});

test("more than can wait for the import is left out, and counted", async () => {
  using folder = temporaryFolder();
  const { log, lines } = fileLogger({ path: join(folder.path, "catalog.log"), maxBytes: 64 * 1024 * 1024 });
  for (let i = 0; i < 1200; i++) log.info("x".repeat(8000));
  await log.close();
  const warning = JSON.parse(lines.at(-1)!);
  assert.equal(warning.level, "WARNING");
  assert.match(warning.message, /^Lost \d+ lines of the log file/);
});

test("a file that cannot be opened is reported once as a warning, and the sink goes on", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "a-folder");
  mkdirSync(path);
  const { log, lines } = fileLogger({ path });
  log.info("a");
  await log.flush();
  log.info("b");
  await log.close();
  log.info("c");
  const levels = lines.map((line) => JSON.parse(line)).map(({ level, message }) => `${level} ${message}`);
  assert.deepEqual(levels, ["INFO a", "WARNING Cannot write the log file", "INFO b", "INFO c"]);
  const warning = JSON.parse(lines[1]!);
  assert.equal(warning.path, path);
  assert.equal(typeof warning.exception, "string");
});

test("a disk that is full is reported once", { skip: !existsSync("/dev/full") }, async () => {
  const { log, lines } = fileLogger({ path: "/dev/full" });
  log.info("a");
  await log.flush();
  log.info("b");
  await log.close();
  const warnings = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === "WARNING");
  assert.equal(warnings.length, 1);
  assert.match(warnings[0].exception, /disk may be full/);
});

test("on workerd there is a warning and no file", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "catalog.log");
  const original = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  Object.defineProperty(globalThis, "navigator", {
    value: { userAgent: "Cloudflare-Workers" },
    configurable: true,
  });
  try {
    const { log, lines } = fileLogger({ path });
    log.info("a");
    await log.close();
    assert.deepEqual(lines.map((line) => JSON.parse(line).message), [
      "Cannot write a log file: this runtime has no file system",
      "a",
    ]);
    assert.equal(existsSync(path), false);
  } finally {
    if (original !== undefined) Object.defineProperty(globalThis, "navigator", original);
  }
});

test("two loggers share a file, and the file may be moved away", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "shared.log");
  await using a = fileLogger({ path }).log;
  await using b = fileLogger({ path }).log;
  a.info("a1");
  await a.flush();
  b.info("b1");
  await b.flush();
  rmSync(path);
  a.info("a2");
  await a.flush();
  assert.deepEqual(messages(path), ["a2"]);
});

const FIFTY = Array.from({ length: 50 }, (_, i) => `line ${i}`);

for (
  const [ending, expected] of [
    ["", ["first", ...FIFTY]],
    ["process-exit", ["first", ...FIFTY]],
    ["throw", ["first", ...FIFTY]],
    ["before-import", ["first", ...FIFTY]],
    ["exit-at-once", ["first"]],
    ["log-late", ["first", ...FIFTY, "in the exit handler"]],
    ["reject", ["first", ...FIFTY]],
  ] as const
) {
  test(`no line is lost when a process ends without closing its logger (${ending || "runs out"})`, async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "child.log");
    await runChild(path, ending);
    const files = [5, 4, 3, 2, 1].map((n) => `${path}.${n}`).concat(path).filter(existsSync);
    assert.deepEqual(files.flatMap(messages), expected);
    for (const file of files) assert.ok(statSync(file).size <= 4096 + 200);
  });
}

async function runChild(path: string, ending: string): Promise<void> {
  await using child = startScript(new URL("./_file_child.ts", import.meta.url), [path, ending]);
  assert.equal(await child.exited(), ending === "throw" || ending === "reject" ? 1 : 0);
}
