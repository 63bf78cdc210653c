import type { Scaffold } from "./scaffold.ts";

/** How a new service is installed and how its tasks are run. */
export interface Tasks {
  /** Installs the dependencies and writes the lock file. Deno would run without, and lock what it has met so far. */
  readonly install: string;
  /** The same from the lock file alone. */
  readonly installLocked: string;
  /** What a task's name comes after. */
  readonly run: string;
}

/** How tasks are run on each runtime. */
export const TASKS: Readonly<Record<Scaffold["runtime"], Tasks>> = {
  deno: { install: "deno install", installLocked: "deno install --frozen", run: "deno task" },
  bun: { install: "bun install", installLocked: "bun install --frozen-lockfile", run: "bun run" },
  node: { install: "npm install", installLocked: "npm ci", run: "npm run" },
};
