/**
 * Prometheus and its own tool: those on the PATH, else those of Debian's package, unpacked into `.cache/tools` and not
 * installed.
 *
 * @module
 */
import { cacheDir } from "../../scripts/_project.ts";
import { run, runOrThrow, spawn } from "../../scripts/_run.ts";
import { fetchDebian, fetchedPath } from "./debian_package.ts";

const PROMTOOL = { name: "prometheus", path: "usr/bin/promtool" };
const FOLDER = `${cacheDir}/tools/debian-prometheus`;

let found: Promise<string> | undefined;

/** The path of promtool. Where it cannot be fetched, the error has the command that installs it. */
export function promtool(): Promise<string> {
  return found ??= find();
}

/** The path of Prometheus itself, which comes with promtool. */
export async function prometheus(): Promise<string> {
  return await promtool() === "promtool" ? "prometheus" : `${FOLDER}/usr/bin/prometheus`;
}

/** The problems that `promtool check metrics` reports for a text; empty when there are none. */
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
  const fetched = fetchedPath(PROMTOOL, FOLDER);
  for (const path of ["promtool", fetched]) {
    if (await run([path, "--version"]).then(({ code }) => code === 0, () => false)) return path;
  }
  try {
    await fetchDebian(PROMTOOL, FOLDER);
    await runOrThrow([fetched, "--version"]);
    return fetched;
  } catch (cause) {
    throw new Error("Cannot find promtool; bring it with: apt-get install prometheus", { cause });
  }
}
