import type { Document, LineCounter, ParsedNode, YAMLError } from "yaml";
import { limitProblem } from "./_limits.ts";
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
 * `yaml` is imported here and nowhere else. With a `parse` of the caller's, or where a bundler replaces `yaml` by a package
 * with nothing but `parse`, only errors have lines, and limits are checked on the value.
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
      intAsBigInt: true,
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
    return { value: document.toJS({ maxAliasCount: -1, reviver: toNumber }), problems: [] };
  } catch (error) {
    return { value: undefined, problems: [{ message: withoutText(messageOf(error)) }] };
  }
}

/** Integers are parsed as bigints. Only those that a number cannot hold exactly stay bigints. */
function toNumber(_: unknown, value: unknown): unknown {
  if (typeof value !== "bigint") return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
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

/** Removes the source text that a parser quotes in its message: after a colon, a backslash or a tag, or in quotes. */
function withoutText(message: string): string {
  const [first = ""] = message.split("\n");
  return first.replace(/:\s.*$|\s*\\.*$/, "").replace(/"[^"]*"|`[^`]*`/g, "…")
    .replace(/^./, (letter) => letter.toLowerCase());
}

function lineAt(lines: LineCounter, offset: number | undefined): number | undefined {
  return offset === undefined ? undefined : lines.linePos(offset).line;
}

function readPlainly(text: string, parse: ParseYaml): YamlDocument {
  const rest = { warnings: [], lineOf: () => undefined };
  try {
    const value = parse(text);
    const message = limitProblem(value);
    return { value, problems: message === undefined ? [] : [{ message }], ...rest };
  } catch (error) {
    const problem = { line: lineOfError(error), message: `not YAML: ${ruleOf(error, text)}` };
    return { value: undefined, problems: [problem], ...rest };
  }
}

/**
 * The line of a parser's error, from 1: of its `line` (@std/yaml), its `mark` (js-yaml), or its message. On Bun every error
 * has a `line`, that of the code which made it, but no `offset`.
 */
function lineOfError(error: unknown): number | undefined {
  const { line, mark, offset } = Object(error) as {
    line?: unknown;
    mark?: { line?: unknown };
    offset?: unknown;
  };
  if (typeof line === "number" && typeof offset === "number") return line;
  if (typeof mark?.line === "number") return mark.line + 1;
  const match = /\bline (\d+)|\((\d+):\d+\)/.exec(error instanceof Error ? error.message : "");
  return match === null ? undefined : Number(match[1] ?? match[2]);
}

/**
 * The rule in the message of a parser that is not known: its first line, up to what looks like a quotation, a position or a
 * tag, and without any word of the document, because a secret may be quoted without a sign of it.
 */
function ruleOf(error: unknown, text: string): string {
  if (error instanceof RangeError) return "it is nested too deep";
  const [first = ""] = messageOf(error).split("\n");
  const [rule = ""] = first.split(/\s*(?:[!<>"'`\\|&*%@{}[\]]|\bat line\b|\(\d+:)/);
  const words = rule.split(/(\s+)/).map((word) =>
    word.length > 3 && text.includes(word.replace(/\W+$/, "")) ? "…" : word
  );
  return words.join("").replace(/[\s:,(]+$/, "").replace(/^./, (letter) => letter.toLowerCase()) ||
    "it cannot be read";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "";
}
