import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PACKAGE_VERSION } from "../../internal/package_version.ts";
import { project, root } from "../../scripts/_project.ts";
import { publishOnce, releaseNotes, releaseProblems } from "../../scripts/_release.ts";
import { run } from "../../scripts/_run.ts";

const changelog = "# Changelog\n\n## 1.2.3 (2026-12-01)\n\n- New.\n\n## 1.2.2\n\n- Old.\n";

describe("releaseProblems", () => {
  it("has none where the tag, deno.json and the changelog have one version", () => {
    assert.deepEqual(releaseProblems({ tag: "v1.2.3", version: "1.2.3", changelog }), []);
  });

  it("names a tag that is another version, or is written differently", () => {
    for (const tag of ["v1.2.4", "1.2.3", "v1.2.3-beta.1", ""]) {
      const [problem, ...rest] = releaseProblems({ tag, version: "1.2.3", changelog });
      assert.match(problem!, /expected the tag v1\.2\.3$/);
      assert.deepEqual(rest, []);
    }
  });

  it("names a changelog that begins with another version, or has none", () => {
    for (const text of [changelog.replace("1.2.3", "1.2.30"), changelog.replace("## 1.2.3", "## Next"), ""]) {
      const [problem] = releaseProblems({ tag: "v1.2.3", version: "1.2.3", changelog: text });
      assert.match(problem!, /^CHANGELOG\.md begins with .*: expected a heading "## 1\.2\.3"$/);
    }
  });

  it("names a version that is called unreleased, and one of which nothing is said", () => {
    const unreleased = changelog.replace("(2026-12-01)", "(unreleased)");
    assert.match(
      releaseProblems({ tag: "v1.2.3", version: "1.2.3", changelog: unreleased })[0]!,
      /its date$/,
    );
    const empty = changelog.replace("- New.\n", "");
    assert.match(
      releaseProblems({ tag: "v1.2.3", version: "1.2.3", changelog: empty })[0]!,
      /nothing to say/,
    );
  });
});

it("the notes of a release are its section of the changelog", () => {
  assert.equal(releaseNotes(changelog, "1.2.3"), "- New.");
  assert.equal(releaseNotes(changelog, "1.2.2"), "- Old.");
  assert.equal(releaseNotes(changelog, "1.2"), "");
});

describe("publishOnce", () => {
  const registry = (versions: { there: boolean }, publish: () => Promise<void>) => ({
    has: () => Promise.resolve(versions.there),
    publish,
  });

  it("publishes what is not there, and leaves what is", async () => {
    const state = { there: false };
    const publish = () => Promise.resolve(void (state.there = true));
    assert.equal(await publishOnce(registry(state, publish)), "published");
    assert.equal(await publishOnce(registry(state, () => assert.fail())), "was there");
  });

  it("takes the registry's word when the client fails after it has published", async () => {
    const state = { there: false };
    const late = () => {
      state.there = true;
      return Promise.reject(new Error("killed after 10 minutes"));
    };
    assert.equal(await publishOnce(registry(state, late)), "published");
    const failing = registry({ there: false }, () => Promise.reject(new Error("not allowed")));
    await assert.rejects(publishOnce(failing), /not allowed/);
  });
});

describe("scripts/release.ts", () => {
  const release = (...args: string[]) =>
    run([Deno.execPath(), "run", "--allow-all", `${root}/scripts/release.ts`, ...args], { cwd: root });

  it("refuses a tag of another version, before anything is published", async () => {
    const { code, output } = await release("check", "v0.0.1");
    assert.equal(code, 1);
    assert.match(output, new RegExp(`deno.json has version ${project.version}`));
  });

  it("prints the notes of this version, and refuses a step that it does not know", async () => {
    assert.match((await release("notes")).output, /^- |^\w/);
    assert.deepEqual([(await release("pypi")).code, (await release()).code], [2, 2]);
  });
});

it("the package says of itself the version that is published", () => {
  assert.equal(PACKAGE_VERSION, project.version);
});
