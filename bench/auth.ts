import { root } from "../scripts/_project.ts";
import { runOrThrow } from "../scripts/_run.ts";
import { median } from "./_statistics.ts";
import { atLeast, type Row } from "./_table.ts";

const PROCESSES = 3;

/** Requests whose token was verified before. */
export async function authRows(): Promise<Row[]> {
  const ratios: number[] = [];
  for (let i = 0; i < PROCESSES; i++) {
    const command = [Deno.execPath(), "run", "-A", "--no-check", "--config", "deno.dev.json"];
    const { output } = await runOrThrow([...command, "bench/auth/in_process.ts"], { cwd: root });
    ratios.push((JSON.parse(output.trim().split("\n").at(-1)!) as { ratio: number }).ratio);
  }
  return [
    atLeast(
      "a request with a known token and a scope, Deno",
      "the same without a guard",
      median(ratios),
      0.90,
    ),
  ];
}
