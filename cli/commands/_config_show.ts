import { nearest } from "../../internal/nearest.ts";
import { configEntries } from "../../config/config_entries.ts";
import { asIs, toDocument } from "../_json.ts";
import { type Session, UsageError } from "../_session.ts";
import { toTable } from "../_table.ts";
import { type ConfigFlags, readServiceConfig } from "./_service_config.ts";

/** Prints every value with its source. `config check` prints the problems. */
export async function run(
  { terminal, json }: Session,
  flags: ConfigFlags,
  path?: string,
): Promise<number> {
  const { options, reading } = await readServiceConfig(flags);
  const all = configEntries(options.schema, reading);
  const entries = path === undefined
    ? all
    : all.filter((entry) => entry.path === path || entry.path.startsWith(`${path}.`));
  if (path !== undefined && entries.length === 0) {
    const similar = nearest(path, all.flatMap((entry) => pathsTo(entry.path)));
    const hint = similar === undefined
      ? "list all paths with: glam config show"
      : `did you mean ${JSON.stringify(similar)}?`;
    throw new UsageError(`There is nothing at ${JSON.stringify(path)}; ${hint}`);
  }
  const { problems } = reading;
  if (json) {
    const values = entries.map(({ path, value, source }) => ({ path, value: asIs(value), source }));
    await terminal.print(toDocument({ service: options.service, ok: problems.length === 0, values }));
  } else {
    const rows = entries.map(({ path, value, source }) => [path, shown(value), source]);
    await terminal.print(toTable(terminal, ["path", "value", "source"], rows));
  }
  if (problems.length > 0) {
    terminal.printError("The configuration has problems; list them with: glam config check");
  }
  return problems.length > 0 ? 1 : 0;
}

/** `a`, `a.b` and `a.b.c` for `a.b.c`. */
function pathsTo(path: string): string[] {
  const keys = path.split(".");
  return keys.map((_, index) => keys.slice(0, index + 1).join("."));
}

function shown(value: unknown): string {
  return typeof value === "string" && /^[\w.:/@-]+$|^\[redacted\]$/.test(value)
    ? value
    : JSON.stringify(value);
}
