/**
 * The reference as HTML, of all entry points: every symbol with its docs, examples and types, and a search.
 *
 *     deno task docs
 *
 * writes `.cache/reference`, which any web server or a browser shows, and prints the path of its first page.
 *
 * @module
 */
import { cacheDir, entryPoints, project, root } from "./_project.ts";
import { runOrThrow } from "./_run.ts";

/** Writes the reference into `folder`, and gives the path of its first page. */
export async function writeReference(folder: string): Promise<string> {
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  const entries = entryPoints().map(({ path }) => path);
  const options = ["--html", `--name=${project.name}`, `--output=${folder}`];
  await runOrThrow([Deno.execPath(), "doc", "--quiet", ...options, ...entries], { cwd: root });
  return `${folder}/index.html`;
}

if (import.meta.main) {
  try {
    console.log(await writeReference(`${cacheDir}/reference`));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
