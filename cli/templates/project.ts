import type { Scaffold, ScaffoldFiles } from "./scaffold.ts";
import { RANGES, VERSION } from "./versions.ts";

/** The manifest and README of a new service. */
export function projectFiles(scaffold: Scaffold): ScaffoldFiles {
  return {
    ...scaffold.runtime === "deno" ? denoProject() : npmProject(scaffold),
    ".gitignore": "/.data/\n/node_modules/\n.env\n",
    "dev.env": "APP_ENV=dev\n",
    "README.md": readme(scaffold),
  };
}

/** How tasks are run on each runtime. */
export const TASKS: Readonly<
  Record<Scaffold["runtime"], { readonly install?: string; readonly run: string }>
> = {
  deno: { run: "deno task" },
  bun: { install: "bun install", run: "bun run" },
  node: { install: "npm install", run: "npm run" },
};

/** What a service may do on Deno, and `glam` for it. The embedded Postgres reads its program from Deno's cache. */
const PERMISSIONS = "--allow-net --allow-env --allow-read";

function denoProject(): ScaffoldFiles {
  const { "@hono/node-server": _, ...needed } = RANGES;
  const imports = Object.entries(needed).map(([name, range]) => [name, `npm:${name}@${range}`]);
  const config = {
    tasks: {
      start: `deno run ${PERMISSIONS} --allow-write=.data main.ts`,
      dev: `deno run ${PERMISSIONS} --allow-write=.data --env-file=dev.env --watch main.ts`,
      test: `deno test ${PERMISSIONS} --allow-write=.data`,
      glam: `deno run ${PERMISSIONS} --allow-write=. @glam/shared/cli`,
    },
    imports: Object.fromEntries([["@glam/shared", `jsr:@glam/shared@^${VERSION}`], ...imports].sort()),
  };
  return { "deno.json": toJson(config) };
}

function npmProject({ name, runtime }: Scaffold): ScaffoldFiles {
  const { "@hono/node-server": nodeServer, ...needed } = RANGES;
  const dependencies = {
    "@glam/shared": `npm:@jsr/glam__shared@^${VERSION}`,
    ...needed,
    ...(runtime === "node" ? { "@hono/node-server": nodeServer } : {}),
  };
  const isBun = runtime === "bun";
  const manifest = {
    name,
    version: "0.1.0",
    private: true,
    type: "module",
    ...isBun ? {} : { engines: { node: ">=22.18" } }, // which runs TypeScript as it is
    scripts: {
      start: isBun ? "bun main.ts" : "node main.ts",
      dev: isBun ? "bun --env-file=dev.env --watch main.ts" : "node --env-file=dev.env --watch main.ts",
      test: isBun ? "bun test --timeout=120000" : "node --test", // an embedded Postgres takes its time
      glam: `${isBun ? "bun" : "node"} node_modules/@glam/shared/cli/mod.js`,
    },
    dependencies: Object.fromEntries(Object.entries(dependencies).sort()),
  };
  const compilerOptions = {
    target: "esnext",
    module: "nodenext",
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    erasableSyntaxOnly: true,
    verbatimModuleSyntax: true,
    allowImportingTsExtensions: true,
  };
  return {
    "package.json": toJson(manifest),
    "tsconfig.json": toJson({ compilerOptions }),
    ".npmrc": "@jsr:registry=https://npm.jsr.io\n",
  };
}

function readme({ name, runtime }: Scaffold): string {
  const { install, run } = TASKS[runtime];
  const steps = [
    ...install === undefined ? [] : [[install, ""]],
    [`${run} test`, "its tests, on an embedded Postgres and a bus in memory"],
    [`${run} start`, "http://127.0.0.1:8080; Ctrl-C stops it in order"],
    [`${run} dev`, "the same, again after each change, with its page at /docs"],
  ];
  const width = Math.max(...steps.map(([step]) => step!.length));
  const glam = runtime === "node" ? "npm run glam --" : `${run} glam`;
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

| File           | What                                                               |
| -------------- | ------------------------------------------------------------------ |
| \`main.ts\`      | puts the parts together and runs them                              |
| \`endpoints.ts\` | the contracts of its routes, which \`/docs\` shows                   |
| \`app.ts\`       | their handlers: an item and its event are written in a transaction |
| \`listener.ts\`  | the handler of an event, which handles each once                   |
| \`events.ts\`    | the events that it publishes; \`docs\` of \`glam\` describes them      |
| \`tables.ts\`    | its tables; \`migrations/\` makes them                               |
| \`config.ts\`    | its configuration; \`config show\` of \`glam\` prints its values       |
| \`dev.env\`      | the variables of the task \`dev\`: \`/docs\` is there in development   |

## On servers

The code stays the same: set the URLs of Postgres and NATS, and migrate the
database before the service starts.

\`\`\`sh
export DATABASE_URL=postgres://app:secret@localhost:5432/${name}
export NATS_SERVERS=nats://localhost:4222
${glam} migrate up
${run} start
\`\`\`

Other commands of \`${glam}\`:

- \`migrate create <name> --autogenerate\`: the next migration, from \`tables.ts\`
- \`events tail\`: its events, as they are published
- \`dlq list\`: events that could not be handled
- \`outbox status\`: events that could not be published
`;
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
