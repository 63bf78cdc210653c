/** An array type of the server, by OID: that of its elements, and its own. */
export interface ArrayType {
  readonly oid: number;
  readonly typarray: number;
}

/** Selects the array types of the server, including those of enums and domains. */
export const ARRAY_TYPES = "select oid, typarray from pg_catalog.pg_type where typarray <> 0";

type Parse = (text: string) => unknown;
type Serialize = (value: unknown) => unknown;

/** The driver's tables of types. */
export interface DriverTypes {
  readonly parsers: Record<number, Parse | undefined>;
  readonly serializers: Record<number, Serialize | undefined>;
  readonly shared: { readonly typeArrayMap: Record<number, number> };
}

/** `box` is the only type whose arrays are not separated by commas. */
const BOX_ARRAY = 1020;

/**
 * Adds the array types of the server to the driver.
 *
 * The driver's own way is to select them on each new connection. If that connection breaks meanwhile, the rejection is
 * unhandled and ends the process. Its parser also reads a null element as the text "NULL".
 */
export function addArrayTypes(types: DriverTypes, found: Iterable<ArrayType>): void {
  const { parsers, serializers, shared } = types;
  for (const { oid, typarray } of found) {
    const delimiter = typarray === BOX_ARRAY ? ";" : ",";
    shared.typeArrayMap[oid] = typarray;
    parsers[typarray] ??= (text) => parseArray(text, parsers[oid], delimiter);
    serializers[typarray] ??= (value) =>
      Array.isArray(value) ? writeArray(value, serializers[oid], delimiter) : value;
  }
}

/**
 * Parses the text of an array.
 *
 * @see https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
 */
export function parseArray(text: string, parse: Parse = (element) => element, delimiter = ","): unknown[] {
  // Bounds that do not start at 1: `[0:1]={a,b}`.
  let at = text.startsWith("[") ? text.indexOf("=") + 1 : 0;

  function readArray(): unknown[] {
    const elements: unknown[] = [];
    at++; // {
    while (at < text.length && text[at] !== "}") {
      elements.push(text[at] === "{" ? readArray() : text[at] === '"' ? parse(readQuoted()) : readPlain());
      if (text[at] === delimiter) at++;
    }
    at++; // }
    return elements;
  }

  function readQuoted(): string {
    let element = "";
    for (at++; at < text.length && text[at] !== '"'; at++) {
      if (text[at] === "\\") at++;
      element += text[at];
    }
    at++; // "
    return element;
  }

  function readPlain(): unknown {
    const start = at;
    while (at < text.length && text[at] !== delimiter && text[at] !== "}") at++;
    const element = text.slice(start, at);
    return element === "NULL" ? null : parse(element);
  }

  return readArray();
}

/** Writes an array in the server's text format. */
export function writeArray(values: readonly unknown[], write?: Serialize, delimiter = ","): string {
  const elements = values.map((value) => {
    if (Array.isArray(value)) return writeArray(value, write, delimiter);
    if (value === null) return "NULL";
    if (value === undefined) throw undefinedValue();
    return `"${String(write === undefined ? value : write(value)).replace(/["\\]/g, "\\$&")}"`;
  });
  return `{${elements.join(delimiter)}}`;
}

/** The error that the driver throws for an `undefined` outside of an array. */
function undefinedValue(): Error {
  return Object.assign(new Error("UNDEFINED_VALUE: Undefined values are not allowed"), {
    code: "UNDEFINED_VALUE",
  });
}
