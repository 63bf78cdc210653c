/** A part of a path: text, or a parameter with the regular expression that it has to match. */
export type PathPart = string | PathParameter;

/** A parameter of a path. */
export interface PathParameter {
  readonly name: string;
  /** The regular expression within braces. */
  readonly pattern: string | undefined;
  /** Whether its value may hold slashes. */
  readonly isRest: boolean;
}

const SEGMENT = /^:(?<name>[A-Za-z_]\w*)(?:\{(?<pattern>.+)\})?$/;
const LITERAL = /^[\w.~!$&'()+,;=@%-]+$/;

/**
 * The parts of a path such as `/items/:id{[0-9]+}`, one for each segment.
 *
 * @throws {TypeError} when it is no path of an endpoint.
 */
export function parsePath(path: string): readonly PathPart[] {
  const refuse = (reason: string) =>
    new TypeError(`Expected a path such as /items/:id, got "${path}": ${reason}`);
  if (path === "/") return [];
  if (!path.startsWith("/")) throw refuse("it does not start with a slash");
  const names = new Set<string>();
  return splitSegments(path.slice(1)).map((segment, index, all) => {
    const { name, pattern } = SEGMENT.exec(segment)?.groups ?? {};
    if (name === undefined) {
      if (segment === "") {
        throw refuse(index === all.length - 1 ? "it ends with a slash" : "a segment is empty");
      }
      if (!LITERAL.test(segment)) throw refuse(`"${segment}" is neither text nor a parameter`);
      return segment;
    }
    if (names.has(name)) throw refuse(`"${name}" is there twice`);
    names.add(name);
    const isRest = pattern !== undefined && /^\.[+*]$/.test(pattern);
    if (isRest && index < all.length - 1) throw refuse(`":${name}{${pattern}}" has to be the last segment`);
    return { name, pattern, isRest };
  });
}

/** Splits at the slashes that are not within braces. */
function splitSegments(text: string): string[] {
  const segments: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "{") depth++;
    else if (text[i] === "}") depth--;
    else if (text[i] === "/" && depth === 0) {
      segments.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...segments, text.slice(start)];
}

/** The parameters of a path. */
export function parametersOf(parts: readonly PathPart[]): readonly PathParameter[] {
  return parts.filter((part) => typeof part !== "string");
}
