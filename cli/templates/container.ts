import type { Scaffold, ScaffoldFiles } from "./scaffold.ts";
import { IMAGES } from "./versions.ts";

/** The image of a new service, and what does not belong in it. */
export function containerFiles({ runtime }: Scaffold): ScaffoldFiles {
  return {
    "Dockerfile": dockerfile(runtime),
    ".dockerignore": `.*
!.npmrc
Dockerfile
compose.yaml
monitoring
node_modules
tests
*.md
`,
  };
}

/** How the image runs `glam migrate up`. */
export const MIGRATE: Readonly<Record<Scaffold["runtime"], readonly string[]>> = {
  deno: ["deno", "task", "glam", "migrate", "up"],
  bun: ["bun", "node_modules/@glam/shared/cli/mod.js", "migrate", "up"],
  node: ["node", "node_modules/@glam/shared/cli/mod.js", "migrate", "up"],
};

/** The lines that differ: what the dependencies come from, and how code is run. */
const STEPS: Readonly<
  Record<Scaffold["runtime"], {
    readonly install: readonly string[];
    readonly afterCopy?: string;
    readonly run: readonly string[];
    readonly evaluate: readonly string[];
  }>
> = {
  deno: {
    install: [
      "# The user deno, as the number that Kubernetes can check.",
      "USER 1993",
      "COPY deno.json deno.lock ./",
      "RUN deno install --frozen",
    ],
    afterCopy: "RUN deno cache --frozen main.ts",
    run: ["deno", "run", "--cached-only", "--allow-net", "--allow-env", "--allow-read=.", "main.ts"],
    evaluate: ["deno", "eval", "--no-config"],
  },
  bun: {
    install: [
      "COPY package.json bun.lock .npmrc ./",
      "RUN bun install --frozen-lockfile --production",
      "# The user bun, as the number that Kubernetes can check.",
      "USER 1000",
    ],
    run: ["bun", "main.ts"],
    evaluate: ["bun", "--eval"],
  },
  node: {
    install: [
      "COPY package.json package-lock.json .npmrc ./",
      "RUN npm ci --omit=dev",
      "# The user node, as the number that Kubernetes can check.",
      "USER 1000",
    ],
    run: ["node", "main.ts"],
    evaluate: ["node", "--eval"],
  },
};

function dockerfile(runtime: Scaffold["runtime"]): string {
  const { install, afterCopy, run, evaluate } = STEPS[runtime];
  const port = runtime === "deno" ? "Deno.env.get('PORT')" : "process.env.PORT";
  const exit = runtime === "deno" ? "Deno" : "process";
  // It ends with 1 where nobody answers, too: an error that no code handles.
  const check =
    `const { ok } = await fetch('http://127.0.0.1:' + (${port} ?? 8080) + '/health/live'); ${exit}.exit(ok ? 0 : 1);`;
  return `FROM ${IMAGES[runtime]}
WORKDIR /app
${install.join("\n")}
COPY . .
${afterCopy === undefined ? "" : `${afterCopy}\n`}
# Lines of JSON, and config/services/*.prod.yml.
ENV APP_ENV=prod
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --start-interval=1s \\
  CMD ${toExec([...evaluate, check])}

# The runtime itself is process 1, so that SIGTERM reaches the service, which stops in order.
ENTRYPOINT ${toExec(run)}
`;
}

function toExec(words: readonly string[]): string {
  return `[${words.map((word) => JSON.stringify(word)).join(", ")}]`;
}
