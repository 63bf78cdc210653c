/**
 * Prometheus' own tool: the one on the PATH, else that of Debian's package, unpacked into `.cache/tools` and not
 * installed.
 *
 * @module
 */
import { cacheDir } from "../../scripts/_project.ts";
import { run, runOrThrow, spawn } from "../../scripts/_run.ts";

let found: Promise<string> | undefined;

/** The path of promtool. Throws with the command that brings it where it can not be had. */
export function promtool(): Promise<string> {
  return found ??= find();
}

/** What `promtool check metrics` objects to in this text; nothing when it is clean. */
export async function checkMetrics(text: string): Promise<string> {
  const child = spawn([await promtool(), "check", "metrics"], {
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
  const output = child.output();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { code, stdout, stderr } = await output;
  const complaints = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("").trim();
  return code === 0 ? complaints : complaints || `promtool ended with exit code ${code}`;
}

async function find(): Promise<string> {
  try {
    if ((await run(["promtool", "--version"])).code === 0) return "promtool";
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return await findUnpacked() ?? await fetchPackage().catch((cause) => {
    throw new Error("Cannot find promtool; bring it with: apt-get install prometheus", { cause });
  });
}

async function findUnpacked(): Promise<string | undefined> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(`${cacheDir}/tools`)) {
      if (/^prometheus-[^/]*$/.test(name) && !name.endsWith(".part")) names.push(name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const newest = names.sort().at(-1);
  return newest === undefined ? undefined : `${cacheDir}/tools/${newest}/usr/bin/promtool`;
}

/** Unpacks next to the final place and renames, so that two processes at once cannot see half a package. */
async function fetchPackage(): Promise<string> {
  const staging = `${cacheDir}/tools/prometheus-${crypto.randomUUID().slice(0, 8)}.part`;
  await Deno.mkdir(staging, { recursive: true });
  try {
    await runOrThrow(["apt-get", "download", "prometheus"], { cwd: staging });
    const entries = await Array.fromAsync(Deno.readDir(staging));
    const archive = entries.find(({ name }) => name.endsWith(".deb"));
    if (archive === undefined) throw new Error("apt-get download brought no package");
    const { output } = await runOrThrow(["dpkg-deb", "--field", archive.name, "Version"], { cwd: staging });
    await runOrThrow(["dpkg", "-x", archive.name, "unpacked"], { cwd: staging });
    const folder = `${cacheDir}/tools/prometheus-${output.trim().replace(/[^\w.+~-]/g, "_")}`;
    await Deno.rename(`${staging}/unpacked`, folder).catch(async (error) => {
      if (!await Deno.stat(`${folder}/usr/bin/promtool`).then(() => true, () => false)) throw error;
    });
    return `${folder}/usr/bin/promtool`;
  } finally {
    await Deno.remove(staging, { recursive: true });
  }
}
