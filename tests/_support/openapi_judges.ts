/**
 * Tools of others that read an OpenAPI document.
 *
 * @module
 */
import { pathToFileURL } from "node:url";
import { run, runOrThrow, spawn } from "../../scripts/_run.ts";
import { node, tools } from "../../scripts/tools.ts";
import { onFreePort } from "./free_port.ts";

/** The document as a file in a folder that is removed with it. */
export async function documentFile(
  document: object,
): Promise<AsyncDisposable & { readonly folder: string; readonly path: string }> {
  const folder = await Deno.makeTempDir({ prefix: "glam-openapi-" });
  const path = `${folder}/openapi.json`;
  await Deno.writeTextFile(path, JSON.stringify(document, null, 2));
  return { folder, path, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}

/** A tool's output where it found an error, else an empty text. */
async function judge(script: string, args: readonly string[], cwd: string): Promise<string> {
  const command = [await node(), `${await tools("openapi")}/${script}`, ...args];
  const env = { REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true", NO_COLOR: "1" };
  const { code, output } = await run(command, { cwd, env });
  return code === 0 ? "" : output || `exit code ${code}`;
}

/** The errors that Redocly's recommended rules find. */
export async function redocly(document: object): Promise<string> {
  await using file = await documentFile(document);
  await Deno.writeTextFile(`${file.folder}/redocly.yaml`, "extends: [recommended]\n");
  return await judge("@redocly/cli/bin/cli.js", ["lint", file.path, "--format=stylish"], file.folder);
}

/** The errors that Spectral's rules for OpenAPI find. */
export async function spectral(document: object): Promise<string> {
  await using file = await documentFile(document);
  await Deno.writeTextFile(`${file.folder}/rules.json`, '{ "extends": ["spectral:oas"] }');
  const args = ["lint", file.path, "--ruleset", `${file.folder}/rules.json`];
  return await judge("@stoplight/spectral-cli/dist/index.js", args, file.folder);
}

/** The errors that Scalar's parser finds. */
export async function scalar(document: object): Promise<readonly unknown[]> {
  await using file = await documentFile(document);
  const parser = pathToFileURL(`${await tools("openapi")}/@scalar/openapi-parser/dist/index.js`);
  await Deno.writeTextFile(
    `${file.folder}/judge.mjs`,
    `import { readFileSync } from "node:fs";
import { validate } from "${parser}";
const { valid, errors = [] } = await validate(readFileSync(process.argv[2], "utf8"));
console.log(JSON.stringify(valid ? [] : errors.length > 0 ? errors : ["invalid"]));`,
  );
  const { output } = await run([await node(), `${file.folder}/judge.mjs`, file.path]);
  return JSON.parse(output.trim().split("\n").at(-1)!);
}

/** What a request or an answer breaks of the document, as Prism says it. */
export interface Violation {
  /** Such as `["response", "body", "data"]`. */
  readonly location: readonly string[];
  readonly severity: string;
  readonly code: number | string;
  readonly message: string;
}

/** The violations that Prism found in one exchange that went through it. */
export function violationsOf(response: Response): readonly Violation[] {
  return JSON.parse(response.headers.get("sl-violations") ?? "[]");
}

/** Starts Prism, which passes requests on to a service and compares both ways with the document. */
export async function startPrism(
  document: object,
  upstream: string,
): Promise<AsyncDisposable & { readonly url: string }> {
  const file = await documentFile(document);
  const prism = `${await tools("openapi")}/@stoplight/prism-cli/dist/index.js`;
  const { child, url } = await onFreePort(async (port) => {
    const args = ["proxy", file.path, upstream, "--host", "127.0.0.1", "--port", String(port)];
    const child = spawn([await node(), prism, ...args], { stdin: "null", stdout: "piped", stderr: "null" });
    let out = "";
    for await (
      const text of child.stdout.pipeThrough(new TextDecoderStream()).values({ preventCancel: true })
    ) {
      out += text;
      if (out.includes("Prism is listening")) return { child, url: `http://127.0.0.1:${port}` };
    }
    return undefined; // the port was taken
  });
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.stdout.cancel().catch(() => {});
      await child.status;
      await file[Symbol.asyncDispose]();
    },
  };
}

/** A client in TypeScript that `@hey-api/openapi-ts` makes of the document, in `client/` of the folder. */
export async function generateClient(
  document: object,
): Promise<AsyncDisposable & { readonly folder: string }> {
  const file = await documentFile(document);
  const script = `${await tools("openapi")}/@hey-api/openapi-ts/bin/run.js`;
  const args = [
    "--input",
    file.path,
    "--output",
    `${file.folder}/client`,
    "--client",
    "@hey-api/client-fetch",
  ];
  await runOrThrow([await node(), script, ...args], { cwd: file.folder });
  return file;
}

const STRICT = [
  ...["--strict", "--noEmit", "--allowImportingTsExtensions"],
  ...["--target", "ES2023", "--lib", "ES2023,DOM,DOM.Iterable"],
  ...["--module", "preserve", "--moduleResolution", "bundler"],
];

/** What the compiler says of a program and the generated client that it uses, which `exactOptionalPropertyTypes` refuses. */
export async function compileWithClient(folder: string, file: string): Promise<string> {
  return await judge("typescript/bin/tsc", [...STRICT, file], folder);
}
