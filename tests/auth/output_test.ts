import assert from "node:assert/strict";
import { it } from "node:test";
import { startScript } from "../_support/child_process.ts";

it("nothing of a credential is in a log, an error, an answer or a metric", async () => {
  const script = new URL("./_output_run.ts", import.meta.url);
  await using child = startScript(script, [], { env: {} });
  const { code, out, errors } = await child.ended();
  assert.equal(code, 0, errors);
  const lines = out.trimEnd().split("\n");
  const secrets = JSON.parse(lines.pop()!) as string[];
  const said = `${lines.join("\n")}\n${errors}`;
  assert.ok(secrets.length > 30 && secrets.every((secret) => secret.length >= 12));
  assert.ok(said.match(/Credential refused/g)!.length > 10, "the refusals are in the log");
  assert.ok(said.includes("the handler failed") && said.includes("the database is away"));
  assert.ok(said.includes("http_requests_total"), "the metrics are there");
  for (const secret of secrets) {
    const at = said.indexOf(secret);
    assert.equal(at, -1, `${secret.slice(0, 12)}... in: ${said.slice(Math.max(0, at - 200), at + 100)}`);
  }
});
