/**
 * A small parser with the call shape of `parse` of `@std/yaml`, which fails and misbehaves as that does: for a map of scalars
 * and flow lists, with anchors, aliases and tags.
 *
 * @module
 */

/** The error of `@std/yaml` from 1.2 on. Before, it was a SyntaxError with the position in its message alone. */
export class YamlSyntaxError extends SyntaxError {
  override readonly name = "YamlSyntaxError";
  readonly line: number;
  readonly column = 3;
  readonly offset = 2;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

/** Parses a text. `errors` says which of the two errors is thrown. */
export function parserLikeStd(errors: "with line" | "with text"): (text: string) => unknown {
  return (text) => {
    const anchors = new Map<string, unknown>();
    const result: Record<string, unknown> = {};
    let number = 0;

    function fail(message: string): Error {
      const at = `${message} at line ${number}, column 3:\n    ${text.split("\n")[number - 1]}\n      ^`;
      return errors === "with line" ? new YamlSyntaxError(message, number) : new SyntaxError(at);
    }

    function read(source: string): unknown {
      const [, anchor, value = ""] = /^(?:&(\w+) )?(.*)$/.exec(source.trim())!;
      if (value.startsWith("!")) throw fail(`Cannot resolve unknown tag !<${value.split(" ")[0]}>`);
      if (value.startsWith("*")) {
        if (anchors.has(value.slice(1))) return anchors.get(value.slice(1));
        throw fail(`Cannot read alias: unidentified alias "${value.slice(1)}"`);
      }
      if (/^'[^']*$/.test(value)) throw fail("Unexpected end of the stream within a single quoted scalar");
      if (/^"\\/.test(value)) throw fail("Cannot read double quoted scalar: unknown escape sequence");
      if (!value.startsWith("[")) return save(anchor, /^\d+$/.test(value) ? Number(value) : value);
      if (!value.endsWith("]")) {
        throw fail("Cannot read flow collection: unexpected end of the stream within a flow collection");
      }
      const list: unknown[] = [];
      save(anchor, list); // before its items: an alias in it is the list itself
      for (const item of split(value.slice(1, -1))) list.push(read(item));
      return list;
    }

    function save(anchor: string | undefined, value: unknown): unknown {
      if (anchor !== undefined) anchors.set(anchor, value);
      return value;
    }

    for (const line of text.trimEnd().split("\n")) {
      number++;
      if (line === "---") {
        // Without a position, even in the message.
        throw new SyntaxError("Found more than 1 document in the stream: expected a single document");
      }
      const [, key, value] = /^(\w+): (.*)$/.exec(line) ?? [];
      if (key === undefined) throw fail("Cannot read an implicit mapping pair: missing colon");
      if (Object.hasOwn(result, key)) throw fail("Cannot store mapping pair: duplicated key");
      result[key] = read(value!);
    }
    return result;
  };
}

/** The items of a flow list, at its commas outside of inner lists. */
function split(source: string): string[] {
  const items: string[] = [];
  let depth = 0;
  let item = "";
  for (const char of source) {
    if (char === "[") depth++;
    else if (char === "]") depth--;
    if (char === "," && depth === 0) {
      items.push(item);
      item = "";
    } else item += char;
  }
  return item === "" ? items : [...items, item];
}
