// What tools of others say of the example's document. Deno only: it starts them.
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { openapi } from "@glam/shared/api";
import { NotFoundError } from "@glam/shared/errors";
import type { Hono } from "hono";
import { runOrThrow } from "../../scripts/_run.ts";
import { createApp } from "../../examples/credits/app.ts";
import { creditsCases } from "../examples/_credits_cases.ts";
import { guards, operator } from "../_support/credits_callers.ts";
import {
  compileWithClient,
  generateClient,
  redocly,
  scalar,
  spectral,
  startPrism,
  type Violation,
  violationsOf,
} from "../_support/openapi_judges.ts";
import { serveApp } from "../_support/served_app.ts";

const info = { title: "Credits", version: "1.0.0" };
/** The example without a database: it knows no merchant. */
const app = createApp(() => {
  throw new NotFoundError("Merchant nobody not found", { resource: "merchant", resourceId: "nobody" });
}, { accessLog: false, guards: await guards() });
const document = openapi(app, info);

describe("the document of the example", () => {
  it("describes every route", () => {
    assert.deepEqual(document["x-undocumented"], []);
  });

  it("has no error for redocly, spectral and the parser of Scalar", async () => {
    const found = await Promise.all([redocly(document), spectral(document), scalar(document)]);
    assert.deepEqual(found, ["", "", []]);
  });

  it("is told from one that has errors", async () => {
    const wrong = { ...document, paths: { ...document.paths, "/a/{id}": { get: { responses: {} } } } };
    assert.notEqual(await redocly(wrong), "");
    assert.notEqual(await spectral(wrong), "");
    assert.notDeepEqual(await scalar({ ...document, info: {} }), []);
  });

  it("is what a proxy tells lies from", async () => {
    const lie = JSON.parse(
      JSON.stringify(document).replaceAll('"status":{"$ref"', '"state":{"$ref"').replaceAll(
        '"status","service"',
        '"state","service"',
      ),
    );
    await using server = await serveApp(app.fetch);
    await using prism = await startPrism(lie, server.url);
    const response = await fetch(`${prism.url}/health/live`);
    await response.body?.cancel();
    const [violation] = violationsOf(response);
    assert.deepEqual(violation?.location, ["response", "body", "data"]);
  });

  it("makes a client by @hey-api/openapi-ts that compiles and gets an answer", async () => {
    await using server = await serveApp(app.fetch);
    await using client = await generateClient(document);
    const [token] = Object.values((await operator()).headers).map((value) => value.replace(/^Bearer /, ""));
    const program =
      `import { getApiV1MerchantsId, getHealthLive, postApiV1MerchantsIdCreditsDeduct } from "./client/sdk.gen.ts";
import type { LedgerEntry } from "./client/types.gen.ts";

const baseUrl = "${server.url}";
const live = await getHealthLive({ baseUrl, throwOnError: true });
const state: "degraded" | "healthy" | "unhealthy" = live.data.data.status;
const { error } = await getApiV1MerchantsId({ baseUrl, auth: "${token}", path: { id: "nobody" } });
const message: string = error!.error.message;
export async function deduct(): Promise<LedgerEntry> {
  const { data } = await postApiV1MerchantsIdCreditsDeduct({
    baseUrl,
    path: { id: "demo" },
    headers: { "Idempotency-Key": "once" },
    body: { amount: 1 },
    throwOnError: true,
  });
  return data.data;
}
console.log(JSON.stringify([state, message]));
`;
    await Deno.writeTextFile(`${client.folder}/main.ts`, program);
    assert.equal(await compileWithClient(client.folder, "main.ts"), "");
    const { output } = await runOrThrow([
      Deno.execPath(),
      "run",
      "-A",
      "--no-check",
      "--sloppy-imports",
      `${client.folder}/main.ts`,
    ]);
    assert.deepEqual(JSON.parse(output.trim().split("\n").at(-1)!), ["healthy", "Merchant nobody not found"]);
  });
});

describe("the example behind a proxy that validates", () => {
  const found: { readonly path: string; readonly violations: readonly Violation[] }[] = [];
  let answers = 0;

  creditsCases(async (app: Hono) => {
    const server = await serveApp(app.fetch);
    const prism = await startPrism(document, server.url);
    return {
      async request(path, init) {
        const response = await fetch(`${prism.url}${path}`, init);
        answers++;
        // That a request breaks the document is what some tests are about.
        const violations = violationsOf(response).filter(({ location }) => location[0] === "response");
        if (violations.length > 0) found.push({ path, violations });
        return response;
      },
      async [Symbol.asyncDispose]() {
        await prism[Symbol.asyncDispose]();
        await server[Symbol.asyncDispose]();
      },
    };
  });

  after(() => {
    assert.ok(answers > 200, `${answers} answers`);
    assert.deepEqual(found, []);
  });
});
