import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { type ConsumerOptions, createConsumer } from "../../scripts/_consumer.ts";
import { root } from "../../scripts/_project.ts";
import { runOrThrow } from "../../scripts/_run.ts";
import { node } from "../../scripts/tools.ts";
import { compile } from "../_support/tsc.ts";

/** What `fixtures/main.ts` prints for a request. */
interface Answer {
  readonly route: string;
  readonly status: number;
  readonly requestId: string | null;
  readonly service: string | null;
  readonly allow: string | null;
  readonly text: string;
}

const OLDEST_HONO = "4.11.0";

const situations: readonly (ConsumerOptions & { readonly name: string; readonly title: string })[] = [
  { name: "hono-oldest", title: "the oldest Hono", versions: { hono: OLDEST_HONO } },
  { name: "hono-newest", title: "the newest Hono" },
  {
    name: "hono-older-than-ours",
    title: "an older Hono beside a copy of the package's own",
    versions: { hono: OLDEST_HONO },
    ownCopies: ["hono"],
  },
  {
    name: "hono-second-copy",
    title: "the same Hono beside a copy of the package's own",
    ownCopies: ["hono"],
  },
];

for (const { name, title, ...options } of situations) {
  describe(`glamMiddleware with ${title}`, () => {
    let folder: string;
    before(async () => {
      folder = await createConsumer(name, options);
      for (const file of ["app.ts", "main.ts"]) {
        await Deno.copyFile(`${root}/tests/package/fixtures/${file}`, `${folder}/${file}`);
      }
    });

    for (const resolution of ["nodenext", "bundler"] as const) {
      test(`type-checks (${resolution})`, async () => {
        assert.equal(await compile(folder, "app.ts", resolution), "");
      });
    }

    test("answers in the envelope on Node", async () => {
      const { output } = await runOrThrow([await node(), "main.ts"], { cwd: folder });
      const answers = new Map(readAnswers(output).map((answer) => [answer.route, answer]));
      for (const { requestId, service } of answers.values()) {
        assert.deepEqual({ requestId, service }, { requestId: "req_1", service: "catalog" });
      }
      const summary = (route: string): unknown[] => {
        const { status, text } = answers.get(route)!;
        const body = JSON.parse(text) as { data?: unknown; error?: { code: string; details?: unknown } };
        return [
          status,
          body.data ?? body.error?.code,
          ...(body.error?.details === undefined ? [] : [body.error.details]),
        ];
      };
      assert.deepEqual(summary("GET /items/7"), [200, { id: "7" }]);
      assert.deepEqual(summary("GET /typed/8"), [200, { id: "8" }]);
      assert.deepEqual(summary("GET /missing"), [404, "NOT_FOUND", { resource: "item", resource_id: "7" }]);
      assert.deepEqual(summary("GET /teapot"), [418, "HTTP_418"]);
      assert.deepEqual(summary("GET /broken"), [500, "INTERNAL_ERROR", { error_id: "req_1" }]);
      assert.deepEqual(summary("GET /nowhere"), [404, "HTTP_404"]);
      assert.deepEqual(summary("POST /items/7"), [405, "HTTP_405"]);
      assert.match(answers.get("POST /items/7")?.allow ?? "", /\bGET\b/);
      assert.doesNotMatch(answers.get("GET /broken")!.text, /the cause/);
      assert.match(
        answers.get("GET /metrics")!.text,
        /^http_requests_total\{.*endpoint="\/items\/\{id\}".*\} 1$/m,
      );
    });
  });
}

/** The lines of `fixtures/main.ts`, among those that the logger writes. */
function readAnswers(output: string): Answer[] {
  return output.split("\n").filter((line) => line.startsWith(`{"route":`)).map((line) => JSON.parse(line));
}
