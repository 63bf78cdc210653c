import { isError, nestedError } from "./exception.ts";
import type { Secrecy } from "./_secret_names.ts";
import { REDACTED, type Redactor } from "./redact.ts";
import type { Sanitizer } from "./sanitizer.ts";

// Limits of what a line shows. A mark such as `… 9000 more` replaces what exceeds them.
const MAX_DEPTH = 8;
const MAX_ITEMS = 100;
const MAX_KEY = 256;
const MAX_TEXT = 8192;
const MAX_LINE = 65_536;
const MAX_CACHED_KEYS = 1000;
const LONGEST_URL = 2048;

// The members of an object that is one entry of a list of headers, parameters or attributes.
const ENTRY_NAMES = ["name", "key", "field", "header"];
const ENTRY_VALUES: ReadonlySet<string> = new Set(["value", "values", "val"]);

const { toISOString: toIsoString } = Date.prototype;

interface Walk {
  readonly ancestors: object[];
  budget: number;
}

interface KeyInfo {
  readonly name: string;
  readonly secrecy: Secrecy;
}

export function createSanitizer(redactor: Redactor): Sanitizer {
  // A service logs few distinct keys, but keys can also come from a request, so the cache is bounded.
  const keys = new Map<string, KeyInfo>();

  function infoOf(key: string): KeyInfo {
    const known = keys.get(key);
    if (known !== undefined) return known;
    const info = { name: text(key, MAX_KEY), secrecy: redactor.secrecyOf(key) };
    if (keys.size < MAX_CACHED_KEYS && key.length <= MAX_KEY) keys.set(key, info);
    return info;
  }

  function text(text: string, limit: number = MAX_TEXT): string {
    if (text.length <= limit) return redactor.text(text);
    // Redact before cutting: in a URL that is cut in half, the end of the password is no longer recognizable.
    const safe = redactor.text(text.slice(0, limit + LONGEST_URL)).slice(0, limit);
    return `${safe}… ${text.length - limit} more`;
  }

  function copy(value: unknown, walk: Walk): unknown {
    switch (typeof value) {
      case "string": {
        const safe = text(value);
        walk.budget -= safe.length;
        return safe;
      }
      case "number":
        walk.budget -= 8;
        return Number.isFinite(value) ? value : String(value);
      case "boolean":
      case "undefined":
        walk.budget -= 4;
        return value;
      case "object":
        return value === null ? null : copyObject(value, walk);
      case "function":
        walk.budget -= 16;
        return "[function]";
      default:
        return copy(String(value), walk); // bigint, symbol
    }
  }

  function copyObject(value: object, walk: Walk): unknown {
    walk.budget -= 8;
    if (walk.ancestors.includes(value)) return "[circular]";
    if (walk.ancestors.length >= MAX_DEPTH) return "… too deep";
    walk.ancestors.push(value);
    try {
      return copyMembers(value, walk);
    } catch {
      return "[unreadable]"; // a throwing toJSON, iterator or Proxy
    } finally {
      walk.ancestors.pop();
    }
  }

  function copyMembers(value: object, walk: Walk): unknown {
    if (Array.isArray(value)) return copyList(value, walk);
    if (value instanceof Date) {
      return Number.isNaN(value.getTime()) ? "Invalid Date" : toIsoString.call(value);
    }
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === "function") {
      const plain: unknown = toJSON.call(value, "");
      return isObject(plain) && plain !== value
        ? copyPlain(plain, walk)
        : copyUnlessItself(plain, value, walk);
    }
    return copyPlain(value, walk);
  }

  /** As `copyMembers`, but does not call `toJSON`, which `JSON.stringify` calls once as well. */
  function copyPlain(value: object, walk: Walk): unknown {
    if (Array.isArray(value)) return copyList(value, walk);
    if (isError(value)) return copyPairs(Object.entries(nestedError(value, sanitizer)), walk);
    if (value instanceof Map) return copyPairs(value, walk, value.size);
    if (value instanceof Set) return copyItems(value, value.size, walk);
    if (value instanceof Headers || value instanceof URLSearchParams || value instanceof FormData) {
      return copyPairs(value, walk);
    }
    if (value instanceof RegExp) return copy(String(value), walk);
    if (value instanceof String || value instanceof Number || value instanceof Boolean) {
      return copy(value.valueOf(), walk);
    }
    const target: Record<string, unknown> = {};
    copyFields(value, walk, (name, member) => set(target, name, member));
    return target;
  }

  function copyUnlessItself(plain: unknown, value: object, walk: Walk): unknown {
    return plain === value ? copyPlain(value, walk) : copy(plain, walk);
  }

  /** A list whose items are names and values in turn, as `rawHeaders` of Node or one entry of `[...headers]`. */
  function copyList(list: readonly unknown[], walk: Walk): unknown[] {
    if (list.length % 2 !== 0) return copyItems(list, list.length, walk);
    const shown = list.slice(0, MAX_ITEMS + 1).map((item, index) =>
      index % 2 === 1 && hidesEntry(list[index - 1], item) ? REDACTED : item
    );
    return copyItems(shown, list.length, walk);
  }

  /** Whether `name` is the name of a secret, and `value` must be redacted. */
  function hidesEntry(name: unknown, value: unknown): boolean {
    return typeof name === "string" && name.length <= MAX_KEY && !/\s/.test(name.trim()) &&
      redactor.hides(infoOf(name).secrecy, name, value);
  }

  function copyItems(items: Iterable<unknown>, size: number, walk: Walk): unknown[] {
    const target: unknown[] = [];
    for (const item of items) {
      if (target.length === MAX_ITEMS || walk.budget <= 0) {
        target.push(`… ${size - target.length} more`);
        break;
      }
      target.push(copy(item, walk) ?? null);
    }
    return target;
  }

  function copyPairs(pairs: Iterable<readonly [unknown, unknown]>, walk: Walk, size?: number): object {
    const target: Record<string, unknown> = {};
    let count = 0;
    for (const [key, value] of pairs) {
      if (count === MAX_ITEMS || walk.budget <= 0) {
        target["…"] = size === undefined ? "more" : `${size - count} more`;
        break;
      }
      count++;
      const name = isObject(key) ? "[object]" : String(key);
      copyField(name, value, walk, (safeName, member) => {
        // A header or query parameter can occur more than once.
        const earlier = Object.hasOwn(target, safeName) ? target[safeName] : undefined;
        set(target, safeName, earlier === undefined ? member : [earlier, member].flat());
      });
    }
    return target;
  }

  function copyFields(
    fields: object,
    walk: Walk,
    visit: (name: string, value: unknown) => void,
    except?: string,
  ): void {
    const names = Object.keys(fields);
    const isSecretEntry = namesSecret(fields, names);
    for (let i = 0; i < names.length; i++) {
      if (i === MAX_ITEMS || walk.budget <= 0) return visit("…", `${names.length - i} more`);
      const name = names[i]!;
      if (name === except) continue;
      let value: unknown;
      try {
        value = (fields as Record<string, unknown>)[name];
      } catch {
        value = "[unreadable]";
      }
      if (isSecretEntry && ENTRY_VALUES.has(name)) visit(name, REDACTED);
      else if (value !== undefined) copyField(name, value, walk, visit);
    }
  }

  /** Whether an object names a secret beside its value: `{ name: "authorization", value: "..." }`. */
  function namesSecret(fields: object, names: readonly string[]): boolean {
    if (!names.some((name) => ENTRY_VALUES.has(name))) return false;
    return ENTRY_NAMES.some((key) => {
      try {
        return names.includes(key) && hidesEntry((fields as Record<string, unknown>)[key], "");
      } catch {
        return true; // a name that cannot be read
      }
    });
  }

  function copyField(key: string, value: unknown, walk: Walk, visit: (name: string, value: unknown) => void) {
    const { name, secrecy } = infoOf(key);
    walk.budget -= name.length;
    visit(name, redactor.hides(secrecy, key, value) ? REDACTED : copy(value, walk));
  }

  const sanitizer: Sanitizer = {
    text,
    value: (value) => copy(value, { ancestors: [], budget: MAX_LINE }),
    eachField: (fields, visit, except) =>
      copyFields(fields, { ancestors: [fields], budget: MAX_LINE }, visit, except),
  };
  return sanitizer;
}

/** Sets an own property, also for the name `__proto__`. */
export function set(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== "__proto__") target[name] = value;
  else Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
