import type { Scaffold, ScaffoldFiles } from "./scaffold.ts";
import { TASKS } from "./tasks.ts";
import { ACTIONS } from "./versions.ts";

/** The continuous integration of a new service, on GitHub. */
export function workflowFiles({ name, runtime }: Scaffold): ScaffoldFiles {
  const { installLocked, run } = TASKS[runtime];
  return {
    ".github/workflows/ci.yml": `name: CI

on:
  push:
    branches: [main]
  pull_request:

permissions:
  contents: read

concurrency:
  group: ci-\${{ github.ref }}
  cancel-in-progress: \${{ github.event_name == 'pull_request' }}

jobs:
  test:
    name: Checks, tests and image of ${name}
    runs-on: ubuntu-24.04
    timeout-minutes: 15
    steps:
      - uses: ${ACTIONS.checkout}
        with:
          persist-credentials: false
      - uses: ${ACTIONS[runtime]}
        with:
          ${SETUP[runtime].join("\n          ")}
      - run: ${installLocked}
      - run: ${run} check
      - run: ${run} test
      - run: docker build .
`,
  };
}

/** Inputs of each runtime's action. A cache that others may write to would be a way into the image. */
const SETUP: Readonly<Record<Scaffold["runtime"], readonly string[]>> = {
  bun: ["bun-version: 1.x"],
  deno: ["deno-version: v2.x"],
  node: [`node-version: "24"`, "package-manager-cache: false"],
};
