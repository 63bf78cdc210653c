import { redactUserInfo } from "../internal/redact_user_info.ts";
import { isSecretName, type Secrecy, secretNames } from "./_secret_names.ts";

/**
 * A rule for what is redacted in addition to the usual names. A string is a name, matched as whole words of a key in any
 * case and with any separator: `card_number` also matches `cardNumber`. A RegExp is tested on the key as it is written.
 * A function gets the key and the value, and returns whether the value is redacted.
 */
export type RedactRule = string | RegExp | ((key: string, value: unknown) => boolean);

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

/**
 * A parameter of a query, a fragment or a form, or `name=value` in a text such as a connection string: at the beginning or
 * behind a delimiter.
 */
const PARAMETER =
  /(?<=^|[?&#;,\s("'])([^=&;?#\s"'<>(),]{1,128})=("[^"]{0,1024}"|'[^']{0,1024}'|[^&;#\s"'<>]+)/g;
/** A member of a JSON object in a text, which may be cut. */
const JSON_MEMBER = /"([^"\\]{1,128})"\s*:\s*(?:"(?:[^"\\]|\\.){0,4096}"?|[^\s",}\]]+)/g;
/** The longest part of a key that is examined: its beginning and its end. */
const MAX_NAME = 512;
const MAX_CACHED_NAMES = 1000;
/** A bearer token in a text. */
const BEARER = /\b(bearer) +[\w.~+/=-]{16,}/gi;

/**
 * @throws {TypeError} when a rule is not a name with a letter in it, a RegExp or a function.
 */
export function createRedactor(rules: RedactRule | readonly RedactRule[] = []): Redactor {
  const names: string[] = [];
  const patterns: RegExp[] = [];
  const functions: ((key: string, value: unknown) => boolean)[] = [];
  for (const rule of Array.isArray(rules) ? rules as readonly RedactRule[] : [rules as RedactRule]) {
    if (typeof rule === "string" && isSecretName(rule)) names.push(rule);
    else if (rule instanceof RegExp) patterns.push(new RegExp(rule.source, rule.flags.replace(/[gy]/g, "")));
    else if (typeof rule === "function") functions.push(rule);
    else {
      throw new TypeError(`Expected \`redact\` to hold names, RegExps and functions, got ${String(rule)}`);
    }
  }
  const secrecyOfName = secretNames(names);
  // A service logs few distinct names, but names can also come from a request, so the cache is bounded.
  const known = new Map<string, Secrecy>();

  function secrecyOf(key: string): Secrecy {
    const cached = known.get(key);
    if (cached !== undefined) return cached;
    const ends = key.length <= MAX_NAME ? key : `${key.slice(0, MAX_NAME / 2)} ${key.slice(-MAX_NAME / 2)}`;
    const secrecy = patterns.some((pattern) => pattern.test(key)) ? "secret" : secrecyOfName(ends);
    if (known.size < MAX_CACHED_NAMES && key.length <= MAX_NAME) known.set(key, secrecy);
    return secrecy;
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
    let safe = redactUserInfo(text);
    if (safe.includes("=")) safe = safe.replace(PARAMETER, hideParameter);
    if (safe.includes('"')) safe = safe.replace(JSON_MEMBER, hideMember);
    return safe.includes("earer ") ? safe.replace(BEARER, `$1 ${REDACTED}`) : safe;
  }

  function hideParameter(all: string, name: string): string {
    return secrecyOf(decoded(name)) === "public" ? all : `${name}=${REDACTED}`;
  }

  function hideMember(all: string, name: string): string {
    return secrecyOf(name) === "public" ? all : `"${name}":"${REDACTED}"`;
  }

  return { secrecyOf, hides, text };
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function isCount(value: unknown): boolean {
  return typeof value === "number" || typeof value === "bigint" || typeof value === "boolean";
}
