import { redactUserInfo } from "../internal/url_credentials.ts";

/**
 * One more secret: a name (whole words of a key, in any case and with any separator: `card_number` also covers
 * `cardNumber`), a pattern for the key as it is written, or a function that says whether a value is to be hidden.
 */
export type RedactRule = string | RegExp | ((key: string, value: unknown) => boolean);

/** How secret the values of one key are. A plural can also name a count: `tokens_used: 7` is shown. */
export type Secrecy = "public" | "secret" | "secret-unless-count";

/** What hides secrets, made once for each logger. */
export interface Redactor {
  /** What the name and pattern rules say about a key. */
  secrecyOf(key: string): Secrecy;
  /** Whether this value of a key with this secrecy must be hidden; asks the function rules as well. */
  hides(secrecy: Secrecy, key: string, value: unknown): boolean;
  /** `text` without the credentials of the URLs in it. */
  text(text: string): string;
}

/** What stands where a secret was. */
export const REDACTED = "[redacted]";

const SECRET_NAMES = ["password", "passwd", "token", "authorization", "cookie", "secret", "api_key"] as const;

const QUERY_PARAMETER = /([?&;]([^=&;?#\s"<>]{1,128})=)[^&;#\s"<>]+/g;

/**
 * @throws {TypeError} when a rule is not a name with a letter in it, a RegExp or a function.
 */
export function createRedactor(rules: RedactRule | readonly RedactRule[] = []): Redactor {
  const names: string[] = [...SECRET_NAMES];
  const patterns: RegExp[] = [];
  const functions: ((key: string, value: unknown) => boolean)[] = [];
  for (const rule of Array.isArray(rules) ? rules as readonly RedactRule[] : [rules as RedactRule]) {
    if (typeof rule === "string" && caseWords(rule).length > 0) names.push(rule);
    else if (rule instanceof RegExp) patterns.push(new RegExp(rule.source, rule.flags.replace(/[gy]/g, "")));
    else if (typeof rule === "function") functions.push(rule);
    else {
      throw new TypeError(`Expected \`redact\` to hold names, RegExps and functions, got ${String(rule)}`);
    }
  }
  const secretWords = new RegExp(
    `_(?:${names.map((name) => caseWords(name).join("_?")).join("|")})(s?)(?=_)`,
    "u",
  );

  function secrecyOf(key: string): Secrecy {
    if (patterns.some((pattern) => pattern.test(key))) return "secret";
    // `APIkey` and `passWord` are words only when their case is not looked at.
    const matches = [caseWords(key), key.toLowerCase().match(LETTERS) ?? []]
      .map((words) => secretWords.exec(`_${words.join("_")}_`))
      .filter((match) => match !== null);
    if (matches.length === 0) return "public";
    return matches.every((match) => match[1] === "s") ? "secret-unless-count" : "secret";
  }

  function hides(secrecy: Secrecy, key: string, value: unknown): boolean {
    if (secrecy === "secret") return true;
    if (secrecy === "secret-unless-count" && !isCount(value)) return true;
    for (const isSecret of functions) {
      try {
        if (isSecret(key, value)) return true;
      } catch {
        return true; // a rule that cannot tell must not leak
      }
    }
    return false;
  }

  function text(text: string): string {
    const safe = redactUserInfo(text);
    if (!safe.includes("?") || !safe.includes("=")) return safe;
    return safe.replace(
      QUERY_PARAMETER,
      (all, head: string, name: string) => secrecyOf(name) === "public" ? all : head + REDACTED,
    );
  }

  return { secrecyOf, hides, text };
}

const LETTERS = /\p{L}+/gu;
const WORDS = /\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{Lo}+/gu;

/** The words of `dbPassword`, `DB_PASSWORD` or `x-db.password`, in lower case. */
function caseWords(key: string): string[] {
  return (key.match(WORDS) ?? []).map((word) => word.toLowerCase());
}

function isCount(value: unknown): boolean {
  return typeof value === "number" || typeof value === "bigint" || typeof value === "boolean";
}
