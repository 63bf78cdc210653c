import type { ConfigProblem } from "../errors/config_error.ts";
import { isConfigMap } from "./deep_merge.ts";
import { parseDotenv } from "./_dotenv.ts";
import type { Variables } from "./_environment_layer.ts";
import { type ConfigFiles, UnreadableFile } from "./_files.ts";
import type { Layer } from "./_config_layer.ts";
import type { TextProblem } from "./_text_problem.ts";
import { type ParseYaml, readYaml } from "./_yaml.ts";

/** A file that was looked for, with its problems and warnings. */
export interface FileResult {
  readonly path: string;
  readonly found: boolean;
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];
}

/** A YAML file. It has no `layer` when the file is absent or invalid. */
export interface FileLayer extends FileResult {
  readonly layer?: Layer;
}

/** A `.env` file. */
export interface DotenvFile extends FileResult {
  readonly variables: Variables;
}

/** Reads one of the YAML files. */
export async function readFileLayer(
  files: ConfigFiles,
  path: string,
  { isStrict, parse }: { isStrict: boolean; parse?: ParseYaml | undefined },
): Promise<FileLayer> {
  const { text, ...file } = await readText(files, path);
  if (text === undefined) {
    const misnamed = file.found ? [] : await findMisnamed(files, path);
    return { ...file, warnings: misnamed };
  }
  const { value, problems, warnings, lineOf } = await readYaml(text, parse);
  const result = { ...file, ...toConfigProblems(path, problems, warnings) };
  if (problems.length > 0) return result;
  if (value !== null && value !== undefined && !isConfigMap(value)) {
    return { ...result, problems: [{ path: "", source: path, message: "expected a map at the top" }] };
  }
  const sourceOf = (at: readonly string[]) => {
    const lines = at.map((_, index) => lineOf(at.slice(0, index + 1)));
    return fileAndLine(path, lines.findLast((line) => line !== undefined));
  };
  return { ...result, layer: { value: value ?? {}, isStrict, sourceOf } };
}

/** Reads the `.env` file. */
export async function readDotenvFile(
  files: ConfigFiles,
  environment: (name: string) => string | undefined,
): Promise<DotenvFile> {
  const path = ".env";
  const { text, ...file } = await readText(files, path);
  if (text === undefined) return { ...file, variables: new Map() };
  const { entries, problems, warnings } = parseDotenv(text, environment);
  const variables = new Map(
    [...entries].map(([name, { value, line }]) => [name, { value, source: `${path}:${line} (${name})` }]),
  );
  return { ...file, ...toConfigProblems(path, problems, warnings), variables };
}

async function readText(
  files: ConfigFiles,
  path: string,
): Promise<FileResult & { readonly text: string | undefined }> {
  const nothing = { path, problems: [], warnings: [] };
  try {
    const text = await files.read(path);
    return { ...nothing, text, found: text !== undefined };
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    const problems = [{ path: "", source: path, message: error.message }];
    return { ...nothing, text: undefined, found: true, problems };
  }
}

async function findMisnamed(files: ConfigFiles, path: string): Promise<ConfigProblem[]> {
  const other = path.replace(/\.yml$/, ".yaml");
  const { found } = await readText(files, other);
  return found ? [{ path: "", source: other, message: `this file is not read; rename it to ${path}` }] : [];
}

function toConfigProblems(
  path: string,
  problems: readonly TextProblem[],
  warnings: readonly TextProblem[],
): Pick<FileResult, "problems" | "warnings"> {
  const toProblem = ({ line, message }: TextProblem) => ({
    path: "",
    source: fileAndLine(path, line),
    message,
  });
  return { problems: problems.map(toProblem), warnings: warnings.map(toProblem) };
}

function fileAndLine(path: string, line: number | undefined): string {
  return line === undefined ? path : `${path}:${line}`;
}
