import type * as z from "zod";
import type { ConfigProblem } from "../errors/config_error.ts";
import { isFileName } from "./_check_options.ts";
import { type ConfigMap, deepMerge } from "./deep_merge.ts";
import { environmentLayer, type Variables } from "./_environment_layer.ts";
import { type DotenvFile, type FileLayer, readDotenvFile, readFileLayer } from "./_file_layer.ts";
import { openFiles } from "./_files.ts";
import type { Layer } from "./_config_layer.ts";
import { missingFileWarnings } from "./_missing_file.ts";
import type { LoadConfigOptions } from "./options.ts";
import type { SchemaVariables } from "./_variable_names.ts";
import { schemaLike } from "./_zod.ts";

/** All sources, and their values merged. */
export interface Sources {
  /** The layers, the one with the lowest precedence first. */
  readonly layers: readonly Layer[];
  readonly merged: ConfigMap;
  /** The files that were looked for, the one with the lowest precedence first. */
  readonly files: readonly { readonly path: string; readonly found: boolean }[];
  /** Whether a file or the environment could not be read, so that a missing value may be set there. */
  readonly isPartial: boolean;
  readonly problems: ConfigProblem[];
  readonly warnings: ConfigProblem[];
  /** How the values that variables name files for are read again, by value. */
  readonly fileValues: ReadonlyMap<string, () => string | undefined>;
}

const NO_DOTENV: DotenvFile = {
  path: ".env",
  found: false,
  variables: new Map(),
  problems: [],
  warnings: [],
};

/** Reads the sources of a configuration, and merges them. */
export async function readSources(
  options: LoadConfigOptions<z.core.$ZodType>,
  prefix: string,
  names: SchemaVariables,
): Promise<Sources> {
  const { service } = options;
  const schema = schemaLike(options.schema);
  const problems: ConfigProblem[] = [];
  const warnings: ConfigProblem[] = [];
  const env = readEnvironment(options.env, problems);
  const files = await openFiles(options.root);
  const dotenv = files === undefined
    ? NO_DOTENV
    : await readDotenvFile(files, (name) => textOf(env.get(name)?.value));
  const environment = environmentName(env, dotenv.variables, problems);
  const read = (path: string, isStrict: boolean) =>
    files === undefined ? [] : [readFileLayer(files, path, { isStrict, parse: options.parseYaml })];
  const yamlFiles = await Promise.all([
    ...read("config/shared.yml", false),
    ...read(serviceFile(service), true),
    ...environment === undefined ? [] : read(serviceFile(`${service}.${environment}`), true),
  ]);

  const [, serviceYaml, environmentYaml] = yamlFiles;
  if (files !== undefined && serviceYaml !== undefined) {
    warnings.push(
      ...await missingFileWarnings(files, {
        service,
        environment,
        hasFile: serviceYaml.found || serviceYaml.warnings.length > 0,
        hasEnvironmentFile: environmentYaml?.found === true,
      }),
    );
  }

  const layers: Layer[] = [nameLayer(service, names), ...yamlFiles.flatMap(({ layer }) => layer ?? [])];
  let merged = layers.reduce<ConfigMap>((below, { value }) => deepMerge(below, value), {});
  const found: Pick<FileLayer, "problems" | "warnings">[] = [...yamlFiles, dotenv];
  const fileValues = new Map<string, () => string | undefined>();
  const isPartial = problems.length > 0 || found.some((file) => file.problems.length > 0);
  for (const variables of [dotenv.variables, env]) {
    const read = await environmentLayer(variables, { schema, prefix, names, below: merged }, files);
    layers.push(read.layer);
    for (const [value, readNow] of read.fileValues) fileValues.set(value, readNow);
    merged = deepMerge(merged, read.layer.value);
    found.push(read);
  }
  for (const each of found) {
    problems.push(...each.problems);
    warnings.push(...each.warnings);
  }
  return {
    layers,
    merged,
    files: files === undefined ? [] : [...yamlFiles, dotenv],
    isPartial,
    problems,
    warnings,
    fileValues,
  };
}

/** The file of a service, or of a service in one environment. */
export function serviceFile(name: string): string {
  return `config/services/${name}.yml`;
}

/** The lowest layer: the option `service` is the default for the name of the service. */
function nameLayer(service: string, { serviceNames }: SchemaVariables): Layer {
  const value = serviceNames.reduce<ConfigMap>(
    (map, path) =>
      deepMerge(map, path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), service) as ConfigMap),
    {},
  );
  return { value, isStrict: false, sourceOf: () => "the option `service`" };
}

function readEnvironment(
  env: Readonly<Record<string, unknown>> | undefined,
  problems: ConfigProblem[],
): Variables {
  const { process } = globalThis as { process?: { readonly env?: Readonly<Record<string, unknown>> } };
  try {
    const entries = Object.entries(env ?? process?.env ?? {});
    return new Map(entries.map(([name, value]) => [name, { value, source: name }]));
  } catch {
    const message = "it may not be read; run Deno with --allow-env, or give `env`";
    problems.push({ path: "", source: "the environment", message });
    return new Map();
  }
}

/** The value of `APP_ENV` in lower case, as in the names of files. */
function environmentName(env: Variables, dotenv: Variables, problems: ConfigProblem[]): string | undefined {
  const variable = [env, dotenv].map((variables) => variables.get("APP_ENV")).find((each) =>
    textOf(each?.value)
  );
  const name = (textOf(variable?.value) ?? "dev").toLowerCase();
  if (isFileName(name)) return name;
  const message = 'expected a name of letters, digits, ".", "_" and "-"';
  problems.push({ path: "", source: variable?.source, message });
  return undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
