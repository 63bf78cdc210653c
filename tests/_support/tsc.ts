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
  const tsc = `${await tools("package")}/${compiler}/bin/tsc`;
  const { code, output } = await run([await node(), tsc, "--project", config, "--pretty", "false"], {
    cwd: folder,
  });
  return code === 0 ? "" : output || `exit code ${code}`;
}
