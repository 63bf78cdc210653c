import { root } from "../scripts/_project.ts";
import { measureRates } from "./load.ts";
import { medianRatio } from "./_statistics.ts";
import { atLeast, type Row } from "./_table.ts";

/** What it costs a request that the service is announced, takes commands, and has a page on a port of its own. */
export async function operationsRows(): Promise<Row[]> {
  const deno = [Deno.execPath(), "run", "-A", "--no-check", "bench/http/serve.ts"];
  const { service, operated } = await measureRates({
    service: { command: [...deno, "service"], cwd: root },
    operated: { command: [...deno, "operated"], cwd: root },
  });
  return [
    atLeast(
      "announced, with control, a page and a management port, Deno",
      "the same service without",
      medianRatio(operated, service),
      0.99,
    ),
  ];
}
