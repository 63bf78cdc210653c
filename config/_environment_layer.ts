import type { ConfigProblem } from "../errors/config_error.ts";
import { isTooDeep, parseJson } from "./_json_text.ts";
import { limitProblem, TOO_DEEP } from "./_limits.ts";
import { deepMerge, isConfigMap } from "./deep_merge.ts";
import { type ConfigFiles, UnreadableFile } from "./_files.ts";
import type { Layer } from "./_config_layer.ts";
import { findVariable, type Target, type VariableContext } from "./_find_variable.ts";
import { listShape, mapShape, schemaAt } from "./_zod.ts";

/** A variable, and where it was set: its name, preceded by file and line for a `.env` file. */
export interface Variable {
  readonly value: unknown;
  readonly source: string;
}

/** Variables by name. */
export type Variables = ReadonlyMap<string, Variable>;

/** A layer of variables, with its problems and warnings. */
export interface EnvironmentLayer {
  readonly layer: Layer;
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];
  /** How the values that files hold are read again, by value. */
  readonly fileValues: ReadonlyMap<string, () => string | undefined>;
}

interface Assignment extends Target, Variable {
  readonly isFile: boolean;
  /** Reads the file again. */
  readonly readNow?: () => string | undefined;
}

/**
 * Makes the layer of one source of variables. Where several variables set the same value, the one named after its path
 * wins over the one that the Python package had, and that over one without the service's prefix. Empty variables are
 * ignored. A variable that replaces several keys, as a URL does host and port, clears those of the sources below.
 */
export async function environmentLayer(
  variables: Variables,
  context: VariableContext,
  files: ConfigFiles | undefined,
): Promise<EnvironmentLayer> {
  const problems: ConfigProblem[] = [];
  const warnings: ConfigProblem[] = [];
  const byVariable = new Map<string, Assignment>();
  for (const [name, { value, source }] of variables) {
    if (!isGiven(value) || isFromKubernetes(name, value, variables)) continue;
    const found = findVariable(name, context);
    if (found === undefined) continue;
    const { path } = found;
    if ("message" in found) {
      (found.isError ? problems : warnings).push({ path: path.join("."), source, message: found.message });
      continue;
    }
    const { variable, ...target } = found;
    const other = byVariable.get(variable);
    byVariable.set(
      variable,
      other === undefined ? { ...target, value, source } : { ...other, isFile: false },
    );
    if (other === undefined) continue;
    const message = `${variable} and ${variable}_FILE are both set; keep one`;
    problems.push({ path: path.join("."), source, message });
  }
  const resolve = (assignment: Assignment) => assignment.isFile ? readValue(assignment, files) : assignment;
  const assignments: Assignment[] = [];
  const fileValues = new Map<string, () => string | undefined>();
  for (const resolved of await Promise.all([...byVariable.values()].map(resolve))) {
    if ("message" in resolved) problems.push(resolved as ConfigProblem);
    else {
      if (resolved.readNow !== undefined) fileValues.set(String(resolved.value), resolved.readNow);
      const message = depthProblem(resolved, context);
      if (message === undefined) assignments.push(resolved);
      else problems.push({ path: resolved.path.join("."), source: resolved.source, message });
    }
  }
  return { layer: toLayer(assignments, context), problems, warnings, fileValues };
}

function isGiven(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return false;
  // Bindings of workerd can be databases, queues and other objects, which are no configuration.
  return typeof value !== "object" ? typeof value !== "function" : Array.isArray(value) || isConfigMap(value);
}

/** Why a value cannot be read: a JSON text or an object that is nested too deep, or contains itself. */
function depthProblem({ path, value }: Assignment, context: VariableContext): string | undefined {
  if (typeof value !== "string") return limitProblem(value);
  const schema = schemaAt(context.schema, path, context.below) ?? context.schema;
  const [first] = value.trimStart();
  const isJson = first === "{"
    ? mapShape(schema) !== undefined
    : first === "[" && listShape(schema) !== undefined;
  return isJson && isTooDeep(value) ? TOO_DEEP : undefined;
}

const LINK = /_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$/;

/** Whether Kubernetes set a variable: it describes each service to every pod, in variables that begin with its name. */
function isFromKubernetes(name: string, value: unknown, variables: Variables): boolean {
  if (name.endsWith("_PORT") && /^(?:tcp|udp|sctp):\/\//.test(String(value))) return true;
  return variables.has("KUBERNETES_SERVICE_HOST") && LINK.test(name);
}

/** Replaces a path with the text of the file, without the final line terminator that editors and `echo` add. */
async function readValue(
  assignment: Assignment,
  files: ConfigFiles | undefined,
): Promise<Assignment | ConfigProblem> {
  const problem = (message: string): ConfigProblem => ({
    path: assignment.path.join("."),
    source: assignment.source,
    message,
  });
  if (files === undefined) return problem("it names a file, and this runtime has no file system");
  try {
    const path = String(assignment.value);
    const text = await files.read(path);
    if (text === undefined) return problem("the file that it names does not exist");
    const readNow = () => withoutEnd(files.readNow(path) ?? "") || undefined;
    return { ...assignment, value: withoutEnd(text), readNow };
  } catch (error) {
    if (error instanceof UnreadableFile) return problem(error.message);
    throw error;
  }
}

function withoutEnd(text: string): string {
  return text.replace(/\r?\n$/, "");
}

function toLayer(all: readonly Assignment[], { schema, names }: VariableContext): Layer {
  const value: Record<string, unknown> = {};
  const sources = new Map<string, string>();
  const replacedBy = ({ path }: Assignment) => names.replaces.get(JSON.stringify(path)) ?? [];
  const isSet = (path: readonly string[], rank: number) =>
    all.some((one) => one.rank >= rank && JSON.stringify(one.path) === JSON.stringify(path));
  const assignments = all
    .filter((one) => one.rank > 0 || !replacedBy(one).some((other) => isSet(other, 1)))
    .sort((a, b) => a.rank - b.rank);
  for (const path of assignments.flatMap(replacedBy)) put(value, path, null);
  for (const { path, value: given, source } of assignments) {
    const isMap = mapShape(schemaAt(schema, path) ?? schema) !== undefined;
    const own = isMap && typeof given === "string" ? parseMap(given) : given;
    put(value, path, own);
    sources.set(JSON.stringify(path), source);
  }
  return {
    value,
    isStrict: false,
    sourceOf(path) {
      for (let length = path.length; length > 0; length--) {
        const source = sources.get(JSON.stringify(path.slice(0, length)));
        if (source !== undefined) return source;
      }
      return undefined;
    },
  };
}

function put(target: Record<string, unknown>, [key = "", ...rest]: readonly string[], value: unknown): void {
  const present = Object.hasOwn(target, key) && isConfigMap(target[key]) ? target[key] : {};
  if (rest.length > 0) put(target[key] = present as Record<string, unknown>, rest, value);
  else target[key] = isConfigMap(value) ? deepMerge(present, value) : value;
}

/** Parses a JSON object, so that it can be merged. Any other text is returned as it is, for the schema to validate. */
function parseMap(text: string): unknown {
  const parsed = parseJson(text);
  return isConfigMap(parsed) ? parsed : text;
}
