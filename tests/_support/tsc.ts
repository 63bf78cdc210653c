/**
 * Compiles a file in a consumer's project with the strictest settings that a user may have.
 *
 * @module
 */
import { node, tools } from "../../scripts/tools.ts";
import { run } from "../../scripts/_run.ts";

/** A compiler of `scripts/tools.ts`: the newest, and the oldest that consumers may use. */
export type Compiler = "typescript" | "typescript-floor";

/** Gives the compiler's complaints, or an empty text. */
export async function compile(
  folder: string,
  file: string,
  moduleResolution: "nodenext" | "bundler",
  compiler: Compiler = "typescript",
): Promise<string> {
  const { code, output } = await tsc(folder, file, moduleResolution, compiler, []);
  return code === 0 ? "" : output || `exit code ${code}`;
}

/** How many types the compiler makes of generic ones for a file and all that it imports: a measure that is the same anywhere. */
export async function countInstantiations(folder: string, file: string): Promise<number> {
  // The declarations of others are checked once, by `compile`: they cost the same in each program that is compared.
  const args = ["--extendedDiagnostics", "--skipLibCheck"];
  const { code, output } = await tsc(folder, file, "bundler", "typescript-floor", args);
  const count = /^Instantiations: +(\d+)$/m.exec(output)?.[1];
  if (code !== 0 || count === undefined) throw new Error(output || `exit code ${code}`);
  return Number(count);
}

async function tsc(
  folder: string,
  file: string,
  moduleResolution: "nodenext" | "bundler",
  compiler: Compiler,
  args: readonly string[],
): Promise<{ code: number; output: string }> {
  const config = `${folder}/tsconfig.${file}.${moduleResolution}.json`;
  await Deno.writeTextFile(
    config,
    JSON.stringify({
      compilerOptions: {
        target: "ES2023",
        lib: ["ES2023", "DOM", "DOM.Iterable"],
        module: moduleResolution === "nodenext" ? "nodenext" : "preserve",
        moduleResolution,
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        verbatimModuleSyntax: true,
        allowImportingTsExtensions: true,
        skipLibCheck: false,
        types: [],
        noEmit: true,
      },
      files: [file],
    }),
  );
  const path = `${await tools("package")}/${compiler}/bin/tsc`;
  return await run([await node(), path, "--project", config, "--pretty", "false", ...args], { cwd: folder });
}
