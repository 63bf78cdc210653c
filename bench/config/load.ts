// Loads a configuration of 200 keys, again and again, in a process whose imports are done, and prints how long it took.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "@glam/shared/config";
import * as z from "zod";

const SECTIONS = 20;
const KEYS = 10;

const section = z.object({
  name: z.string(),
  port: z.int().min(1).max(65_535),
  ratio: z.number(),
  enabled: z.boolean(),
  mode: z.enum(["fast", "safe"]),
  servers: z.array(z.string()),
  timeoutMs: z.int(),
  url: z.url(),
  limit: z.int().default(10),
  label: z.string().optional(),
});
const schema = z.object(
  Object.fromEntries(Array.from({ length: SECTIONS }, (_, index) => [`section_${index}`, section])),
);

function yaml(first: number, last: number): string {
  return Array.from({ length: last - first }, (_, index) => first + index).map((index) => `
section_${index}:
  name: "service-${index}" # a comment
  port: ${5000 + index}
  ratio: 0.${index + 1}
  enabled: true
  mode: fast
  servers: [nats://a:4222, nats://b:4222]
  timeoutMs: 30000
  url: https://example.com/${index}
  limit: ${index}
  label: first
`).join("");
}

async function writeProject(shared: string, service: string, dotenv: string): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "glam-bench-"));
  await mkdir(join(root, "config/services"), { recursive: true });
  await writeFile(join(root, "config/shared.yml"), shared);
  await writeFile(join(root, "config/services/catalog.yml"), service);
  await writeFile(join(root, ".env"), dotenv);
  return root;
}

const env = {
  ...Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`OTHER_${index}`, "x"])),
  ...Object.fromEntries(
    Array.from({ length: SECTIONS }, (_, index) => [`CATALOG_SECTION_${index}__PORT`, `${index + 1}`]),
  ),
};
const small = await writeProject("a: 1\n", "a: 2\n", "CATALOG_A=3\n");
const large = await writeProject(yaml(0, 10), yaml(8, SECTIONS), "CATALOG_SECTION_3__LABEL='other'\n");

const started = performance.now();
await loadConfig({ service: "catalog", schema: z.object({ a: z.int() }), root: small, env: {} });
const imported = performance.now();
const config = await loadConfig({ service: "catalog", schema, root: large, env });
const first = performance.now();
const times: number[] = [];
for (let round = 0; round < 25; round++) {
  const before = performance.now();
  await loadConfig({ service: "catalog", schema, root: large, env });
  times.push(performance.now() - before);
}

const keys = Object.values(config).flatMap((section) => Object.values(section)).length;
if (keys !== SECTIONS * KEYS || config["section_7"]?.port !== 8 || config["section_3"]?.label !== "other") {
  throw new Error("The configuration is not what it has to be");
}
const loadMs = times.sort((a, b) => a - b)[times.length >> 1];
console.log(JSON.stringify({ importMs: imported - started, firstMs: first - imported, loadMs }));
await Promise.all([small, large].map((root) => rm(root, { recursive: true })));
