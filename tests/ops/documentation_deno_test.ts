// What the documentation says of alerts and metrics. Deno only: the package has no pages.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { it } from "node:test";
import { prometheusRules } from "@glam/shared/ops";
import { parse } from "yaml";
import { sickFamilies } from "./_sick_families.ts";

const folder = new URL("../../docs/", import.meta.url);

interface RuleFile {
  readonly groups: readonly { readonly rules: readonly { readonly alert?: string }[] }[];
}

it("the runbook has a section for each alert, in their order, and none beside", async () => {
  const page = await readFile(new URL("operations.md", folder), "utf8");
  const { groups } = parse(prometheusRules({ memoryLimitBytes: 1e9 })) as RuleFile;
  assert.deepEqual(
    [...page.matchAll(/^### (Glam\w+)$/gm)].map(([, name]) => name),
    groups.flatMap(({ rules }) => rules.flatMap(({ alert }) => alert ?? [])),
  );
});

it("the pages name each metric of a service, and none that does not exist", async () => {
  const families = await sickFamilies();
  const names = families.flatMap(({ name }) => [name, `${name}_bucket`, `${name}_count`, `${name}_sum`]);
  const isOurs =
    /^(?:http|idempotency_requests|messag(?:ing|es)|outbox|schedule|rate_limit_requests|rate_limit_store|db_pool|db_query|db_transaction|glam_build|metrics_collector)_/;
  const documented = new Set<string>();
  for (const page of (await readdir(folder)).filter((name) => name.endsWith(".md"))) {
    const text = await readFile(new URL(page, folder), "utf8");
    for (const [name] of text.matchAll(/\b[a-z]+_[a-z_]+[a-z]\b/g)) {
      if (isOurs.test(name)) documented.add(name);
    }
  }
  const notMetrics = ["http_code", "http_request", "messages_at_least", "messages_at_most", "outbox_page"];
  assert.deepEqual([...documented].filter((name) => !names.includes(name) && !notMetrics.includes(name)), []);
  const own = families.map(({ name }) => name).filter((name) => isOurs.test(name));
  assert.deepEqual(own.filter((name) => !documented.has(name)), []);
});
