import type { Document, LineCounter, ParsedNode, YAMLError } from "yaml";
import type { TextProblem } from "./_text_problem.ts";
import { checkAliases } from "./_yaml_aliases.ts";
import { nodeAt } from "./_yaml_node_at.ts";

/** The result of reading a YAML document. */
export interface YamlDocument {
  readonly value: unknown;
  readonly problems: readonly TextProblem[];
  readonly warnings: readonly TextProblem[];
  /** The line, from 1, of the value at a path. */
  lineOf(path: readonly string[]): number | undefined;
}

type Yaml = typeof import("yaml");
type ParsedDocument = Document.Parsed<ParsedNode>;

/** The signature of a YAML parser: that of `parse` of `yaml` and of `jsr:@std/yaml`. */
export type ParseYaml = (text: string) => unknown;

/**
 * Reads a document of YAML 1.2, and of 1.1 where it says `%YAML 1.1`, with merge keys. Problems name the rule and not
 * the text: a secret may stand there.
 *
 * `yaml` is imported here and nowhere else. Where an import map puts a package with no more than `parse` in its place,
 * or `parse` is given, lines are known of errors only.
 */
export async function readYaml(text: string, parse?: ParseYaml): Promise<YamlDocument> {
  if (parse !== undefined) return readPlainly(text, parse);
  const yaml = await import("yaml");
  if ((yaml.parseDocument as unknown) === undefined) return readPlainly(text, yaml.parse);
  const lines = new yaml.LineCounter();
  const document = parseDocument(yaml, text, lines);
  if (document === undefined) {
    const problems = [{
      message: "`yaml` may not read LOG_TOKENS and LOG_STREAM; run Deno with --allow-env",
    }];
    return { value: undefined, problems, warnings: [], lineOf: () => undefined };
  }
  const warnings = toProblems(document.warnings, lines);
  let problems = toProblems(document.errors, lines);
  if (problems.length === 0) problems = checkAliases(yaml, document, (offset) => lineAt(lines, offset));
  if (problems.length > 0) return { value: undefined, problems, warnings, lineOf: () => undefined };
  return {
    ...valueOf(document),
    warnings,
    lineOf: (path) => lineAt(lines, nodeAt(yaml, document, path)?.range?.[0]),
  };
}

/** `undefined` where Deno does not let the parser read its two debug variables. */
function parseDocument(yaml: Yaml, text: string, lineCounter: LineCounter): ParsedDocument | undefined {
  try {
    return yaml.parseDocument(text, {
      lineCounter,
      logLevel: "error",
      merge: true,
      prettyErrors: false,
      uniqueKeys: (a, b) => yaml.isScalar(a) && yaml.isScalar(b) && isSameKey(a.value, b.value),
    });
  } catch (error) {
    if (error instanceof Error && error.name === "NotCapable") return undefined;
    throw error;
  }
}

/** `8080` and `"8080"` are the same key of an object. Merge keys are symbols, and can occur more than once. */
function isSameKey(a: unknown, b: unknown): boolean {
  return typeof a !== "symbol" && typeof b !== "symbol" && String(a ?? "") === String(b ?? "");
}

function valueOf(document: ParsedDocument): Pick<YamlDocument, "value" | "problems"> {
  try {
    // `checkAliases` has bounded the aliases already.
    return { value: document.toJS({ maxAliasCount: -1 }), problems: [] };
  } catch (error) {
    return { value: undefined, problems: [{ message: messageOf(error) }] };
  }
}

function toProblems(errors: readonly YAMLError[], lines: LineCounter): TextProblem[] {
  return errors.map((error) => ({ line: lineAt(lines, error.pos[0]), message: describe(error) }));
}

function describe({ code, message }: YAMLError): string {
  switch (code) {
    case "BAD_DIRECTIVE":
      return "the directive is not one of YAML";
    case "DUPLICATE_KEY":
      return "the key is there already";
    case "MULTIPLE_DOCS":
      return "a second document begins; a configuration is one";
    case "TAG_RESOLVE_FAILED":
      return "the tag is not known, and is not looked at";
    case "RESOURCE_EXHAUSTION":
      return "it is nested too deep";
    default:
      return `not YAML: ${withoutText(message)}`;
  }
}

/** Removes the source text that parsers quote in their messages: after a colon or a backslash, or in quotes. */
function withoutText(message: string): string {
  const [first = ""] = message.split("\n");
  return first.replace(/:\s.*$|\s*\\.*$/, "").replace(/"[^"]*"|`[^`]*`/g, "…")
    .replace(/^./, (letter) => letter.toLowerCase());
}

function lineAt(lines: LineCounter, offset: number | undefined): number | undefined {
  return offset === undefined ? undefined : lines.linePos(offset).line;
}

function readPlainly(text: string, parse: ParseYaml): YamlDocument {
  const lineOf = () => undefined;
  try {
    return { value: parse(text), problems: [], warnings: [], lineOf };
  } catch (error) {
    const line = Number(/\bline (\d+)/.exec(messageOf(error))?.[1]);
    const problem = { line: Number.isNaN(line) ? undefined : line, message: `not YAML: ${messageOf(error)}` };
    return { value: undefined, problems: [problem], warnings: [], lineOf };
  }
}

function messageOf(error: unknown): string {
  return withoutText(error instanceof Error ? error.message : "it cannot be read");
}
