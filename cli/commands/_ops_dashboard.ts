import { writeFile } from "node:fs/promises";
import { grafanaDashboard } from "../../ops/grafana_dashboard.ts";
import type { Session } from "../_session.ts";

interface DashboardFlags {
  readonly service?: string;
  readonly title?: string;
  readonly uid?: string;
  readonly output?: string;
}

/** Writes a dashboard for Grafana. */
export async function run({ terminal }: Session, flags: DashboardFlags): Promise<void> {
  const { service, title, uid, output } = flags;
  const text = `${JSON.stringify(grafanaDashboard({ service, title, uid }), null, 2)}\n`;
  if (output === undefined) return await terminal.write(text);
  await writeFile(output, text);
  terminal.printError(`Wrote ${output}`);
}
