/**
 * Makes the package for JSR from the tarball for npm: the same joined modules, with their types beside them.
 *
 * @module
 */
import { builtPath, type PackageJson } from "./_manifest.ts";
import { entryPoints, project } from "./_project.ts";
import { readTarball } from "./_tarball.ts";

/** Writes the package in `tarball` into `folder`, for `deno publish`. */
export async function writeJsrPackage(tarball: string, folder: string): Promise<void> {
  const files = await readTarball(tarball);
  const decoder = new TextDecoder();
  const manifest: PackageJson = JSON.parse(decoder.decode(files.get("package.json")));
  files.delete("package.json");
  const entries = new Set(entryPoints().map(({ path }) => builtPath(path)));

  await Deno.remove(folder, { recursive: true }).catch(() => {});
  for (const [name, data] of files) {
    const text = decoder.decode(data);
    const path = `${folder}/${name}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(
      path,
      name.endsWith(".d.ts") ? declarations(text) : entries.has(name) ? entryPoint(name, text) : text,
    );
  }
  await Deno.writeTextFile(`${folder}/deno.json`, `${JSON.stringify(config(manifest), null, 2)}\n`);
}

/** JSR takes types from other files only where the module says so. */
function entryPoint(name: string, code: string): string {
  const types = name.split("/").at(-1)!.replace(/\.js$/, ".d.ts");
  return `// @ts-self-types="./${types}"\n${code.replace(/^#!.*\n/, "")}`;
}

/** JSR has no types for a module that is not there, and forbids references to libraries. */
function declarations(text: string): string {
  return text
    .replace(/^\/\/\/ <reference lib=.*\n/, "")
    .replace(/(\b(?:from|import)\s*\(?\s*"\.[^"]*)\.js"/g, '$1.d.ts"');
}

function config({ dependencies = {}, peerDependencies = {} }: PackageJson): object {
  const names = [...Object.keys(dependencies), ...Object.keys(peerDependencies)].sort();
  const exports = Object.entries(project.exports).map(([key, path]) => [key, builtPath(path)]);
  return {
    name: project.name,
    version: project.version,
    license: project.license,
    exports: Object.fromEntries(exports),
    imports: Object.fromEntries(names.map((name) => [name, project.imports[name]])),
  };
}
