import type { Scaffold, ScaffoldFiles } from "./scaffold.ts";
import { toJson } from "./to_json.ts";
import { RANGES, TOOLS, VERSION } from "./versions.ts";

/** The manifest of a new service, with its tasks, and what its tools read. */
export function projectFiles(scaffold: Scaffold): ScaffoldFiles {
  return {
    ...scaffold.runtime === "deno" ? denoProject(scaffold) : npmProject(scaffold),
    ".gitignore": "/.data/\n/node_modules/\n.env\n",
    ".env.example": ENV_EXAMPLE,
  };
}

const ENV_EXAMPLE =
  `# Copy it to .env, which only \`glam dev\` and the configuration read. The environment wins over it.
APP_ENV=dev
# PORT=8080
# LOG_LEVEL=debug

# The servers of compose.yaml. Without them \`dev\` finds others.
# DATABASE_URL=postgres://app:secret@127.0.0.1:5432/app
# NATS_SERVERS=nats://127.0.0.1:4222
`;

/** What a service may do on Deno, and `glam` for it. The embedded Postgres reads its program from Deno's cache. */
const PERMISSIONS = "--allow-net --allow-env --allow-read";

/** What `glam ops rules` and `glam ops dashboard` write in their own style. */
const GENERATED = "monitoring";

function denoProject({ name }: Scaffold): ScaffoldFiles {
  const { "@hono/node-server": _, ...needed } = RANGES;
  const imports = Object.entries(needed).map(([name, range]) => [name, `npm:${name}@${range}`]);
  const config = {
    name,
    version: "0.1.0",
    exports: "./main.ts",
    tasks: {
      start: `deno run ${PERMISSIONS} --allow-write=.data main.ts`,
      dev: "deno run -A @glam/shared/cli dev", // it starts the task `start`, and servers
      test: `deno test ${PERMISSIONS} --allow-write=.data`,
      fmt: "deno fmt",
      lint: "deno lint",
      check: "deno fmt --check && deno lint && deno check",
      glam: `deno run ${PERMISSIONS} --allow-write=. @glam/shared/cli`,
    },
    imports: Object.fromEntries([["@glam/shared", `jsr:@glam/shared@^${VERSION}`], ...imports].sort()),
    fmt: { exclude: [GENERATED] },
  };
  return { "deno.json": toJson(config) };
}

function npmProject({ name, runtime }: Scaffold): ScaffoldFiles {
  const {
    "@hono/node-server": nodeServer,
    "@electric-sql/pglite": pglite,
    "@electric-sql/pglite-socket": pgliteSocket,
    ...needed
  } = RANGES;
  const isBun = runtime === "bun";
  const glam = `${isBun ? "bun" : "node"} node_modules/@glam/shared/cli/mod.js`;
  const types = isBun ? "@types/bun" : "@types/node";
  const dependencies = {
    "@glam/shared": `npm:@jsr/glam__shared@^${VERSION}`,
    ...needed,
    ...(isBun ? {} : { "@hono/node-server": nodeServer }),
  };
  const manifest = {
    name,
    version: "0.1.0",
    private: true,
    type: "module",
    ...isBun ? {} : { engines: { node: ">=22.18" } }, // which runs TypeScript as it is
    scripts: {
      start: isBun ? "bun main.ts" : "node main.ts",
      dev: `${glam} dev`,
      test: isBun ? "bun test --timeout=120000" : "node --test", // an embedded Postgres takes its time
      fmt: "biome format --write",
      lint: "biome lint",
      check: "biome check && tsc",
      glam,
    },
    dependencies: Object.fromEntries(Object.entries(dependencies).sort()),
    devDependencies: {
      "@biomejs/biome": TOOLS["@biomejs/biome"],
      // For tests and a start without servers: not in the image.
      "@electric-sql/pglite": pglite,
      "@electric-sql/pglite-socket": pgliteSocket,
      [types]: TOOLS[types],
      typescript: TOOLS.typescript,
    },
  };
  const compilerOptions = {
    target: "esnext",
    module: "nodenext",
    types: [isBun ? "bun" : "node"],
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
    "biome.json": toJson({
      $schema: `https://biomejs.dev/schemas/${TOOLS["@biomejs/biome"]}/schema.json`,
      files: { includes: ["**", "!.data", `!${GENERATED}`] },
      formatter: { indentStyle: "space" },
      assist: { enabled: false },
    }),
    ".npmrc": "@jsr:registry=https://npm.jsr.io\n",
  };
}
