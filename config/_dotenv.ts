import { MAX_EXPANSION } from "./_limits.ts";
import type { TextProblem } from "./_text_problem.ts";

/** One variable of a `.env` file. */
export interface DotenvEntry {
  readonly value: string;
  /** The line of its name, from 1. */
  readonly line: number;
}

/** The result of reading a `.env` file. */
export interface Dotenv {
  /** The variables by name. Of two with the same name, the later one counts. */
  readonly entries: ReadonlyMap<string, DotenvEntry>;
  readonly problems: readonly TextProblem[];
  readonly warnings: readonly TextProblem[];
}

const ASSIGNMENT = /[^\S\n]*(?:export[^\S\n]+)?([A-Za-z_][\w.-]*)[^\S\n]*=[^\S\n]*/y;
const SINGLE_QUOTED = /'((?:\\[\\']|[^'\\]|\\(?![\\']))*)'/y;
const DOUBLE_QUOTED = /"((?:\\[^]|[^"\\])*)"/y;
const BACKTICKED = /`([^`]*)`/y;
const UNQUOTED = /(?:[^\s#]|[^\S\n]+(?![\s#]|$)|(?<=\S)#)*/y;
const REST_OF_LINE = /[^\n]*\n?/y;
const NOTHING = /[^\S\n]*(?:#[^\n]*)?(?:\n|$)/y;
const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/**
 * Reads a `.env` file by the rules of python-dotenv:
 *
 * - `NAME=value`, also after `export`, with spaces around `=`; blank lines and `# comments`.
 * - An unquoted value ends at the end of the line, or at a `#` after a space, and is trimmed.
 * - Values in `'single'` and `` `backtick` `` quotes are literal, except for `\'` and `\\` in single quotes. `"double"`
 *   quotes have the escapes `\n`, `\t`, `\"`, `\\` and `\$`. Quoted values can span lines.
 * - `${NAME}` and `${NAME:-default}` are expanded in unquoted and double-quoted values: to a variable of the
 *   environment, else to one from an earlier line.
 */
export function parseDotenv(text: string, environment: (name: string) => string | undefined): Dotenv {
  const source = text.replace(/\r\n?/g, "\n");
  const entries = new Map<string, DotenvEntry>();
  const problems: TextProblem[] = [];
  const warnings: TextProblem[] = [];
  let position = 0;
  let expansion = 0;
  let line = 1;
  let lineEnd = 0; // up to where line ends have been counted

  function take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = position;
    const match = pattern.exec(source);
    if (match === null) return undefined;
    position = pattern.lastIndex;
    return match;
  }

  function expand(value: string, line: number): string {
    return value.replace(
      /\\\$|\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}/g,
      (all, name?: string, otherwise?: string) => {
        if (name === undefined) return all === "\\$" ? "$" : all;
        const known = environment(name) ?? entries.get(name)?.value ?? otherwise;
        if (known === undefined) {
          warnings.push({
            line,
            message: `\${${name}} is not set, and expands to an empty text`,
          });
        }
        expansion += known?.length ?? 0;
        return expansion > MAX_EXPANSION ? "" : known ?? "";
      },
    );
  }

  function value(line: number): string | undefined {
    const quote = source[position];
    if (quote === "'") return take(SINGLE_QUOTED)?.[1]?.replace(/\\(['\\])/g, "$1");
    if (quote === "`") return take(BACKTICKED)?.[1];
    if (quote !== '"') return expand(take(UNQUOTED)?.[0] ?? "", line);
    const quoted = take(DOUBLE_QUOTED)?.[1];
    return quoted === undefined ? undefined : unescape(quoted, (part) => expand(part, line));
  }

  while (position < source.length) {
    if (take(NOTHING) !== undefined) continue;
    while (lineEnd < position) {
      if (source[lineEnd++] === "\n") line++;
    }
    const name = take(ASSIGNMENT)?.[1];
    if (name === undefined) {
      const rest = take(REST_OF_LINE)![0];
      if (/^\s*(?:export\s+)?[A-Za-z_][\w.-]*\s*(?:#.*)?$/.test(rest)) {
        warnings.push({ line, message: "the variable has no value; write NAME=value" });
      } else problems.push({ line, message: "expected NAME=value" });
      continue;
    }
    const read = value(line);
    if (expansion > MAX_EXPANSION) {
      problems.push({ line, message: `\${...} make the values grow beyond ${MAX_EXPANSION} characters` });
      break;
    }
    if (read === undefined) problems.push({ line, message: `the quote of ${name} is not closed` });
    else if (take(NOTHING) === undefined) {
      problems.push({ line, message: `expected nothing after the value of ${name}; quote all of it` });
    } else {
      entries.set(name, { value: read, line });
      continue;
    }
    take(REST_OF_LINE);
  }
  return { entries, problems, warnings };
}

/** Replaces the escapes in a double-quoted value, and expands only the text between them. */
function unescape(quoted: string, expand: (part: string) => string): string {
  return quoted.split(/(\\[^])/).map((part, index) => {
    if (index % 2 === 0) return expand(part);
    const letter = part[1]!;
    return ESCAPES[letter] ?? (/["'\\$]/.test(letter) ? letter : part);
  }).join("");
}
