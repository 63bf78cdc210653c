/**
 * The steps of `.github/workflows/publish.yml`.
 *
 *     deno run -A scripts/release.ts check v1.2.3   # the tag, deno.json and CHANGELOG.md have one version
 *     deno run -A scripts/release.ts notes          # the section of CHANGELOG.md
 *     deno run -A scripts/release.ts jsr            # publishes what deno task pack made, unless it is there
 *     deno run -A scripts/release.ts npm
 *
 * @module
 */
import { cacheDir, project, root } from "./_project.ts";
import { publishOnce, type Registry, releaseNotes, releaseProblems } from "./_release.ts";
import { run } from "./_run.ts";

/** `deno publish` has been seen to wait for ever after JSR had the version. */
const LIMIT_MS = 600_000;

const { name, version } = project;
const packed = `${cacheDir}/pack`;

const registries: Readonly<Record<string, Registry>> = {
  jsr: {
    has: () => answers(`https://jsr.io/${name}/${version}_meta.json`),
    publish: () => succeed([Deno.execPath(), "publish", "--allow-dirty"], `${packed}/jsr`),
  },
  npm: {
    has: () => answers(`https://registry.npmjs.org/${name}/${version}`),
    publish: () =>
      succeed(
        ["npm", "publish", `./${tarballName()}`, "--provenance", "--access=public", `--tag=${distTag()}`],
        packed,
      ),
  },
};

async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  await response.body?.cancel();
  if (response.ok || response.status === 404) return response.ok;
  throw new Error(`${url} answered ${response.status}`);
}

async function succeed(command: readonly string[], cwd: string): Promise<void> {
  const { code, output } = await run(command, { cwd, limitMs: LIMIT_MS });
  console.log(output);
  if (code !== 0) throw new Error(`${command.join(" ")} ended with exit code ${code}`);
}

function tarballName(): string {
  return `${name.replace("@", "").replace("/", "-")}-${version}.tgz`;
}

/** A version such as `1.2.3-beta.1` is not what `npm install` takes. */
function distTag(): string {
  return version.includes("-") ? "next" : "latest";
}

if (import.meta.main) {
  const [step = "", tag = ""] = Deno.args;
  const changelog = await Deno.readTextFile(`${root}/CHANGELOG.md`);
  const registry = registries[step];
  if (step === "check") {
    const problems = releaseProblems({ tag, version, changelog });
    for (const problem of problems) console.error(problem);
    Deno.exit(problems.length === 0 ? 0 : 1);
  } else if (step === "notes") {
    console.log(releaseNotes(changelog, version));
  } else if (registry !== undefined) {
    console.log(`${name} ${version} ${await publishOnce(registry)} on ${step}`);
  } else {
    console.error(`Expected check, notes, jsr or npm, got "${step}"`);
    Deno.exit(2);
  }
}
