import { readFile, writeFile } from "node:fs/promises";
import { asyncapi } from "../../messaging/mod.ts";
import { type AnyContract, contractsOf, requireModule, type ServiceModule } from "../_modules.ts";
import { type Session, UsageError } from "../_session.ts";

interface DocsFlags {
  readonly events?: string;
  readonly receives?: string;
  readonly format?: "json" | "yaml";
  readonly output?: string;
  readonly title?: string;
  readonly apiVersion?: string;
  readonly json?: boolean;
}

/** Writes the AsyncAPI document. */
export async function run({ terminal, json }: Session, flags: DocsFlags): Promise<void> {
  const { output, receives } = flags;
  const manifest = await readManifest();
  const document = asyncapi(requireContracts(await requireModule("events", "--events", flags.events)), {
    title: flags.title ?? manifest.name,
    version: flags.apiVersion ?? manifest.version,
    receives: receives === undefined
      ? []
      : requireContracts(await requireModule("receives", "--receives", receives)),
  });
  const format = flags.format ?? (json || output?.endsWith(".json") ? "json" : "yaml");
  const text = format === "json" ? `${JSON.stringify(document, null, 2)}\n` : await toYaml(document);
  if (output === undefined) return await terminal.write(text);
  await writeFile(output, text);
  terminal.printError(`Wrote ${output}`);
}

function requireContracts(module: ServiceModule): AnyContract[] {
  const contracts = contractsOf(module);
  if (contracts.length > 0) return contracts;
  throw new UsageError(
    `Expected ${module.path} to export contracts of defineEvent or defineRequest, got none`,
  );
}

async function toYaml(document: object): Promise<string> {
  const { stringify } = await import("yaml");
  return stringify(document, { aliasDuplicateObjects: false });
}

async function readManifest(): Promise<{ readonly name?: string; readonly version?: string }> {
  for (const path of ["deno.json", "package.json"]) {
    const text = await readFile(path, "utf8").catch(() => undefined);
    if (text === undefined) continue;
    const { name, version } = JSON.parse(text) as Record<string, unknown>;
    return {
      ...(typeof name === "string" ? { name } : {}),
      ...(typeof version === "string" ? { version } : {}),
    };
  }
  return {};
}
