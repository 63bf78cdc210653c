import * as z from "zod";
import type { ConfigProblem } from "../errors/config_error.ts";
import { redactUserInfo } from "../internal/redact_user_info.ts";
import { checkOptions } from "./_check_options.ts";
import { coerce } from "./_coerce.ts";
import { toProblems } from "./_issues.ts";
import type { LoadConfigOptions } from "./options.ts";
import { hideTexts, secretTexts } from "./_secrets.ts";
import { followFiles } from "./secret.ts";
import { readSources, serviceFile, type Sources } from "./_sources.ts";
import { unknownKeys } from "./_unknown_keys.ts";
import { schemaVariables, variableOf } from "./_variable_names.ts";
import { schemaLike } from "./_zod.ts";

/** The result of reading a configuration. */
export interface ConfigReading<Config> extends Pick<Sources, "layers" | "merged" | "files"> {
  /** The output of the schema; absent when there are problems. */
  readonly config?: Config;
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];
}

/** Reads a configuration. Returns its problems instead of throwing them. */
export async function readConfig<Schema extends z.core.$ZodType>(
  options: LoadConfigOptions<Schema>,
): Promise<ConfigReading<z.output<Schema>>> {
  const { prefix, service } = checkOptions(options);
  const schema = schemaLike(options.schema);
  const sources = await readSources(options, prefix, schemaVariables(schema, prefix));
  const { fileValues, files, isPartial, layers, merged, problems, warnings } = sources;
  for (const layer of layers) {
    (layer.isStrict ? problems : warnings).push(...unknownKeys(layer, schema, merged));
  }

  const texts = new Set(layers.flatMap((layer) => [...secretTexts(schema, layer.value)]));
  const value = coerce(schema, merged);
  const parsed = await parse(options.schema, value, texts.size > 0);
  if (parsed.error !== undefined) {
    const inFile = (path: string) => files.length === 0 ? "" : `${path} in ${serviceFile(service)} or `;
    problems.push(...toProblems(parsed.error.issues, {
      layers,
      value,
      isPartial,
      reported: new Set(problems.map(({ path }) => path)),
      howToSet: (path) => `set ${inFile(path.join("."))}${variableOf(prefix, path)}`,
    }));
  }
  if (problems.length === 0) followFiles(parsed.data, fileValues);
  const withoutSecrets = (problem: ConfigProblem) => ({
    ...problem,
    message: redactUserInfo(hideTexts(problem.message, texts)),
  });
  return {
    ...(problems.length === 0 ? { config: parsed.data } : {}),
    problems: problems.map(withoutSecrets),
    warnings: warnings.map(withoutSecrets),
    files,
    layers,
    merged,
  };
}

interface Parsed<Config> {
  readonly data?: Config;
  readonly error?: { readonly issues: readonly z.core.$ZodIssue[] };
}

/** Validates a value. A schema that throws gives a problem, without the message when that may quote a secret. */
async function parse<Schema extends z.core.$ZodType>(
  schema: Schema,
  value: unknown,
  hasSecrets: boolean,
): Promise<Parsed<z.output<Schema>>> {
  try {
    const { data, error } = await z.safeParseAsync(schema, value);
    return error === undefined ? { data } : { error };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    const problem = `the schema threw ${hasSecrets ? name : `${name}: ${message}`}`;
    return { error: { issues: [{ code: "custom", path: [], message: problem, input: undefined }] } };
  }
}
