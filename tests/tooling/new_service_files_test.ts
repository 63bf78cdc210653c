/** Checks what `glam new` writes for others to read: each file by the tool of whoever reads it. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ACTIONS, IMAGES } from "../../cli/templates/versions.ts";
import { actionlint, checkSchema, hadolint, zizmor } from "../../scripts/_linters.ts";
import { root } from "../../scripts/_project.ts";
import { run } from "../../scripts/_run.ts";
import { promtool } from "../_support/promtool.ts";
import { glam } from "../cli/_glam.ts";

/** The longest that there is: lines are as wide as they can be. */
const NAME = "notification-preferences-synchronization";
const RUNTIMES = ["bun", "deno", "node"] as const;
const inEach = (path: string) => RUNTIMES.map((runtime) => `${runtime}/${path}`);

describe("the files of a new service", () => {
  let folder: string;
  before(async () => {
    folder = await Deno.makeTempDir();
    await Promise.all(RUNTIMES.map(async (runtime) => {
      const { code, errors } = await glam(["new", NAME, "--runtime", runtime, "--into", runtime], {
        cwd: folder,
      });
      assert.equal(code, 0, errors);
    }));
  });
  after(() => Deno.remove(folder, { recursive: true }));

  const read = (path: string) => Deno.readTextFile(`${folder}/${path}`);

  /** Looks at a file with a fault in it. */
  async function withFault<Result>(
    path: string,
    [right, wrong]: readonly [string, string],
    look: () => Promise<Result>,
  ): Promise<Result> {
    const text = await read(path);
    assert.ok(text.includes(right), `${path} has ${right}`);
    await Deno.writeTextFile(`${folder}/${path}`, text.replace(right, wrong));
    try {
      return await look();
    } finally {
      await Deno.writeTextFile(`${folder}/${path}`, text);
    }
  }

  it("have the format of deno fmt, whatever the name", async () => {
    const { code, output } = await run([Deno.execPath(), "fmt", "--check"], { cwd: `${folder}/deno` });
    assert.equal(code, 0, output);
  });

  it("have a compose.yaml that fits the specification", async () => {
    const look = () => checkSchema("vendor.compose-spec", inEach("compose.yaml"), folder);
    const { code, output } = await look();
    assert.equal(code, 0, output);
    const faulty = await withFault("deno/compose.yaml", ["service_healthy", "healthy"], look);
    assert.notEqual(faulty.code, 0);
  });

  it("have a Dockerfile that hadolint finds nothing in", async () => {
    for (const path of inEach("Dockerfile")) {
      const { code, output } = await hadolint(path, folder);
      assert.equal(code, 0, output);
    }
    const faulty = await withFault(
      "node/Dockerfile",
      ['ENTRYPOINT ["node", "main.ts"]', "ENTRYPOINT node main.ts"],
      () => hadolint("node/Dockerfile", folder),
    );
    assert.match(faulty.output, /JSON notation/);
  });

  it("have an image whose process is the runtime, which is not root, and which says how it is", async () => {
    for (const runtime of RUNTIMES) {
      const text = await read(`${runtime}/Dockerfile`);
      assert.match(text, new RegExp(`^FROM ${IMAGES[runtime].replaceAll(".", "\\.")}$`, "m"));
      const exec = (instruction: RegExp): string[] =>
        JSON.parse(instruction.exec(text)?.[1] ?? assert.fail(text));
      assert.equal(exec(/^ENTRYPOINT (.*)$/m)[0], runtime);
      assert.match(text, /^USER [1-9]\d*$/m);
      assert.equal(exec(/^ {2}CMD (.*)$/m)[0], runtime);
    }
  });

  it("have a workflow that actionlint, zizmor and its schema find nothing in", async () => {
    const files = inEach(".github/workflows/ci.yml");
    const [schema, security] = await Promise.all([
      checkSchema("vendor.github-workflows", files, folder),
      zizmor(files, folder),
    ]);
    assert.equal(schema.code, 0, schema.output);
    assert.equal(security.code, 0, security.output);
    const { code, output } = await actionlint("*/.github/workflows/ci.yml", folder);
    assert.equal(code, 0, output);
    assert.match(output, new RegExp(`^Checking ${RUNTIMES.length} workflow`));
  });

  it("have a workflow with the actions of this package, at the same commits", async () => {
    const own = await Deno.readTextFile(`${root}/.github/workflows/ci.yml`);
    for (const action of Object.values(ACTIONS)) assert.ok(own.includes(`uses: ${action}\n`), action);
    for (const runtime of RUNTIMES) {
      const text = await read(`${runtime}/.github/workflows/ci.yml`);
      const uses = [...text.matchAll(/uses: (.+)$/gm)].map(([, action]) => action);
      assert.deepEqual(uses, [ACTIONS.checkout, ACTIONS[runtime]]);
      assert.match(text, /^permissions:\n {2}contents: read\n\n/m);
    }
  });

  it("have a prometheus.yml that promtool takes, with the rules of the service", async () => {
    const look = async () =>
      await run([await promtool(), "check", "config", "deno/monitoring/prometheus/prometheus.yml"], {
        cwd: folder,
      });
    const { code, output } = await look();
    assert.equal(code, 0, output);
    assert.match(output, /SUCCESS: \d{2} rules found/);
    const faulty = await withFault(
      "deno/monitoring/prometheus/glam.rules.yml",
      ["expr:", "exrp:"],
      look,
    );
    assert.notEqual(faulty.code, 0);
  });

  it("have the rules and the dashboard that glam ops writes, where compose.yaml mounts them", async () => {
    const written = async (...args: string[]) => (await glam(["ops", ...args, "--service", NAME])).out;
    assert.equal(await read("deno/monitoring/prometheus/glam.rules.yml"), await written("rules"));
    const dashboard = JSON.parse(await read(`deno/monitoring/grafana/dashboards/${NAME}.json`));
    assert.deepEqual(dashboard, JSON.parse(await written("dashboard", "--uid", NAME)));
    const compose = await read("deno/compose.yaml");
    for (const [own, mounted] of [["prometheus", "prometheus"], ["grafana", "grafana/provisioning"]]) {
      assert.ok(compose.includes(`- ./monitoring/${own}:/etc/${mounted}:ro\n`));
    }
    assert.ok(compose.includes(`HOME_DASHBOARD_PATH: /etc/grafana/provisioning/dashboards/${NAME}.json\n`));
  });
});
