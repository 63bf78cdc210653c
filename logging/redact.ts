import { redactUserInfo } from "../internal/url_credentials.ts";

/**
 * A rule for what is redacted in addition to the usual names. A string is a name, matched as whole words of a key in any
 * case and with any separator: `card_number` also matches `cardNumber`. A RegExp is tested on the key as it is written.
 * A function gets the key and the value, and returns whether the value is redacted.
 */
export type RedactRule = string | RegExp | ((key: string, value: unknown) => boolean);

/** Whether the values of a key are redacted. A plural can also name a count: `tokens_used: 7` is shown. */
export type Secrecy = "public" | "secret" | "secret-unless-count";

/** The rules of one logger. */
export interface Redactor {
  /** The result of the name and pattern rules for a key. */
  secrecyOf(key: string): Secrecy;
  /** Whether a value is redacted: by the secrecy of its key, or by a function rule. */
  hides(secrecy: Secrecy, key: string, value: unknown): boolean;
  /** `text` with the credentials of the URLs in it redacted. */
  text(text: string): string;
}

/** The text that replaces a secret. */
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
        return true; // a rule that throws must not leak the value
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
