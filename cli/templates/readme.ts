import type { Scaffold, ScaffoldFiles } from "./scaffold.ts";
import { TASKS } from "./tasks.ts";

/** The README of a new service. */
export function readmeFiles(scaffold: Scaffold): ScaffoldFiles {
  return { "README.md": readme(scaffold) };
}

function readme({ name, runtime }: Scaffold): string {
  const { install, run } = TASKS[runtime];
  const steps = [
    [install, ""],
    [`${run} test`, "its tests, on an embedded Postgres and a bus in memory"],
    [`${run} dev`, "http://127.0.0.1:8080, again after each change, with /docs and /ops"],
    [`${run} start`, "the same as in production; Ctrl-C stops it in order"],
    [`${run} fmt`, "formats it"],
    [`${run} check`, "what CI checks: format, lint and types"],
  ];
  const width = Math.max(...steps.map(([step]) => step!.length));
  const glam = runtime === "node" ? "npm run glam --" : `${run} glam`;
  const files = [
    ["`main.ts`", "puts the parts together and runs them"],
    ["`endpoints.ts`", "the contracts of its routes, which `/docs` shows"],
    ["`app.ts`", "their handlers: an item and its event are written in a transaction"],
    ["`listener.ts`", "the handler of an event, which handles each once"],
    ["`events.ts`", "the events that it publishes"],
    ["`tables.ts`", "its tables; `migrations/` makes them"],
    ["`config.ts`", "its configuration, from `config/services/`, `.env` and variables"],
    ["`compose.yaml`", "Postgres, NATS, Prometheus and Grafana, and the service in its image"],
    ["`monitoring/`", "the alerts and the dashboard of these two"],
  ] as const;
  const column = Math.max(...files.map(([file]) => file.length));
  const text = Math.max(...files.map(([, what]) => what.length));
  const row = (file: string, what: string) => `| ${file.padEnd(column)} | ${what.padEnd(text)} |`;
  return `# ${name}

A service on [@glam/shared](https://jsr.io/@glam/shared).

\`\`\`sh
${steps.map(([step, text]) => text === "" ? step : `${step!.padEnd(width)}   # ${text}`).join("\n")}
\`\`\`

\`\`\`sh
curl -i http://127.0.0.1:8080/items -H 'content-type: application/json' -d '{"name": "Lipstick"}'
curl -i http://127.0.0.1:8080/counts
curl -i http://127.0.0.1:8080/health/ready
\`\`\`

${row("File", "What")}
| ${"-".repeat(column)} | ${"-".repeat(text)} |
${files.map(([file, what]) => row(file, what)).join("\n")}

## On servers

The code stays the same: set the URLs of Postgres and NATS, and migrate the
database before the service starts.

\`\`\`sh
docker compose up --detach --wait postgres nats
export DATABASE_URL=postgres://app:secret@127.0.0.1:5432/app
export NATS_SERVERS=nats://127.0.0.1:4222
${glam} migrate up
${run} start
\`\`\`

\`docker compose up --build\` runs all of it as in production, with Grafana on
http://127.0.0.1:3000. Commit ${LOCKS[runtime]}, which the image and CI install from.

Other commands of \`${glam}\`:

- \`migrate create <name> --autogenerate\`: the next migration, from \`tables.ts\`
- \`events tail\`: its events, as they are published
- \`dlq list\`: events that could not be handled
- \`outbox status\`: events that could not be published
- \`config show\`: its configuration, and where each value comes from
- \`docs --output docs/\`: the OpenAPI and AsyncAPI documents
`;
}

const LOCKS: Readonly<Record<Scaffold["runtime"], string>> = {
  bun: "`bun.lock`",
  deno: "`deno.lock`",
  node: "`package-lock.json`",
};
