import { glamMiddleware } from "@glam/shared/api";
import { type RequestContext, runWithContext } from "@glam/shared/context";
import { createLogger, type Logger } from "@glam/shared/logging";
import { Hono } from "hono";
import assert from "node:assert/strict";
import { test } from "node:test";
import { asTerminal, withConsole, withEnv } from "./_capture.ts";

const CONTEXT: Pick<RequestContext, "requestId" | "correlationId" | "service"> = {
  requestId: "req_0123456789ab",
  correlationId: "corr_ba9876543210",
  service: "catalog",
};

/** What a logger prints on a terminal, each line without its time. */
async function print(run: (log: Logger) => unknown, env: Record<string, string> = {}): Promise<string[]> {
  using _ = withEnv({ NO_COLOR: undefined, TERM: "xterm", ...env });
  using _terminal = asTerminal(true);
  const lines: string[] = [];
  using _log = withConsole("log", (line) => lines.push(String(line)));
  using _error = withConsole("error", (line) => typeof line === "string" && lines.push(line)); // Hono gives the Error
  await run(createLogger("catalog", { format: "console", level: "debug", file: false }));
  return lines.map((line) => {
    // deno-lint-ignore no-control-regex
    const [time] = /^\x1b\[2m\d\d:\d\d:\d\d\.\d{3}\x1b\[0m /.exec(line) ?? [""];
    return line.slice(time.length);
  });
}

/** A text less its styles. */
function plain(line: string): string {
  // deno-lint-ignore no-control-regex
  return line.replace(/\x1b\[[\d;]*m/g, "");
}

test("a line at a terminal has the level in colour, the message, and the fields", async () => {
  assert.deepEqual(
    await print((log) => {
      log.debug("Looking");
      log.info("Item stored", { item_id: 7, tags: ["a"], name: "two words", token: "t0p" });
      log.warn("Slow");
      log.error("Failed");
      log.critical("Cannot go on");
    }),
    [
      "\x1b[90mDEBUG\x1b[0m    Looking",
      "\x1b[32mINFO\x1b[0m     Item stored \x1b[36mitem_id=\x1b[0m7 " +
      '\x1b[36mtags=\x1b[0m["a"] \x1b[36mname=\x1b[0m"two words" \x1b[36mtoken=\x1b[0m[redacted]',
      "\x1b[33mWARNING\x1b[0m  Slow",
      "\x1b[31mERROR\x1b[0m    \x1b[31mFailed\x1b[0m",
      "\x1b[1;31mCRITICAL\x1b[0m \x1b[1;31mCannot go on\x1b[0m",
    ],
  );
});

test("ids stand behind the message, short and dim, and each once", async () => {
  const [line, same] = await print((log) => {
    runWithContext(
      { ...CONTEXT, merchantId: "m_1", sourceService: "shop" },
      () => log.info("Stored", { a: 1 }),
    );
    runWithContext({ ...CONTEXT, correlationId: CONTEXT.requestId }, () => log.info("Stored"));
  });
  assert.equal(
    line,
    "\x1b[32mINFO\x1b[0m     Stored \x1b[2m456789ab corr=76543210 merchant=m_1 from=shop\x1b[0m \x1b[36ma=\x1b[0m1",
  );
  assert.equal(plain(same!), "INFO     Stored 456789ab");
});

test("a request reads at a glance: method, path, status in colour, duration", async () => {
  const [ok, missing, failed, wrong] = (await print(async (log) => {
    const app = new Hono();
    app.use(glamMiddleware({ service: "catalog", logger: log }));
    app.get("/items/:id", (c) => c.json({}));
    app.get("/fail", () => {
      throw new Error("boom");
    });
    for (const path of ["/items/7", "/nope", "/fail"]) {
      await app.request(path, { headers: { "X-Request-ID": "req_1", "X-Correlation-ID": "req_1" } });
    }
  })).map((line) => line.replace(/\d+(?:\.\d)? ms/, "1 ms"));
  assert.equal(
    ok,
    "\x1b[32mINFO\x1b[0m     GET /items/7 \x1b[32m200\x1b[0m \x1b[2m1 ms\x1b[0m \x1b[2mreq_1\x1b[0m",
  );
  assert.equal(plain(missing!), "INFO     GET /nope 404 1 ms req_1 error_code=HTTP_404");
  assert.ok(missing!.includes("\x1b[33m404\x1b[0m"));
  const [first, second, ...frames] = plain(failed!).split("\n");
  assert.equal(first, "ERROR    Request failed GET /fail 500 req_1 error_code=INTERNAL_ERROR");
  assert.equal(second, "    Error: boom");
  assert.ok(frames.every((frame) => /^ {8}at /.test(frame)), frames.join());
  assert.ok(failed!.includes("\x1b[31m500\x1b[0m") && failed!.includes("\n    \x1b[2m    at "));
  assert.equal(plain(wrong!), "INFO     GET /fail 500 1 ms req_1 error_code=INTERNAL_ERROR");
});

test("no text can forge a line or a style", async () => {
  const evil = "a\n10:30:45.123 INFO forged\x1b[2J\x9b31m\u202e";
  const [line] = await print((log) => {
    const context = { ...CONTEXT, userId: "\x1b[31mu" };
    runWithContext(context, () => {
      log.error(evil, { [evil]: evil, method: evil, path: evil, status: 200, error: new Error(evil) });
    });
  });
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(plain(line!).replaceAll("\n    ", ""), /[\x00-\x1f\x7f-\x9f\u202e]/);
  assert.ok(!line!.includes("\x1b[2J") && !line!.includes("\x1b[31mu"));
});

test("a JSON line at a terminal is the same JSON, without characters that control the terminal", () => {
  using _terminal = asTerminal(true);
  const lines: string[] = [];
  using _log = withConsole("log", (line) => lines.push(String(line)));
  const evil = "\x1b[2J\x9b31m\u202e\u2028\x7f";
  createLogger("catalog", { format: "json", file: false }).info(evil, { a: [evil] });
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(lines[0]!, /[\x00-\x1f\x7f-\x9f\u2028\u202e]/);
  const line = JSON.parse(lines[0]!);
  assert.deepEqual([line["message"], line["a"]], [evil, [evil]]);
});

test("without colours a line is as it is without a terminal", async () => {
  for (const env of [{ NO_COLOR: "1" }, { TERM: "dumb" }]) {
    const [line] = await print((log) => log.info("Stored", { a: 1 }), env);
    assert.match(line!, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} - catalog - INFO - \[a=1\] - Stored$/);
  }
});
