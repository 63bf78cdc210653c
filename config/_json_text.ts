import { MAX_DEPTH } from "./_limits.ts";

const STRING_OR_BRACKET = /"(?:[^"\\]|\\.)*"|[[\]{}]/gs;
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gs;
const INTEGER = /^-?\d+$/;
// JSON text cannot have this character in a string unescaped, so that no value looks like it by chance.
const BIGINT = "\\u0000bigint:";

/** Whether the maps and lists in a JSON text are nested too deep. */
export function isTooDeep(json: string): boolean {
  let depth = 0;
  for (const [token] of json.matchAll(STRING_OR_BRACKET)) {
    if (token === "[" || token === "{") depth++;
    else if (token === "]" || token === "}") depth--;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}

/**
 * Parses a map or list in JSON. Integers that a number cannot hold exactly become bigints. Gives `undefined` for any other
 * text, and for one that is nested too deep.
 */
export function parseJson(text: string): object | undefined {
  if (isTooDeep(text)) return undefined;
  const exact = text.replace(
    STRING_OR_NUMBER,
    (token) => INTEGER.test(token) && !Number.isSafeInteger(Number(token)) ? `"${BIGINT}${token}"` : token,
  );
  try {
    const value: unknown = JSON.parse(exact, exact === text ? undefined : reviveBigint);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function reviveBigint(_: string, value: unknown): unknown {
  return typeof value === "string" && value.startsWith("\0bigint:") ? BigInt(value.slice(8)) : value;
}
