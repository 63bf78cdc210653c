/**
 * Writes a Postgres array literal, `{a,NULL,"b c"}`, with `valueAt(i)` as element `i`. One array for a whole column
 * costs the driver and the server less than one parameter for each value.
 *
 * `quoted` allows any text as an element; without it, elements may hold only letters, digits and `. : + -`.
 *
 * @see https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
 */
export function arrayLiteral(
  length: number,
  quoted: boolean,
  valueAt: (place: number) => string | number | null,
): string {
  let text = "{";
  for (let place = 0; place < length; place++) {
    if (place > 0) text += ",";
    const value = valueAt(place);
    if (value === null) text += "NULL";
    else text += quoted ? `"${escape(String(value))}"` : value;
  }
  return text + "}";
}

const SPECIAL = /["\\]/;

function escape(text: string): string {
  return SPECIAL.test(text) ? text.replaceAll("\\", "\\\\").replaceAll('"', '\\"') : text;
}

/** How the elements of an array are written. */
export interface ElementEncoding {
  readonly encode: (value: unknown) => string | number;
  /** Whether an element that is a list is a dimension of the array, and not a value. */
  readonly nested: boolean;
  /** What separates elements: a comma for every type but `box`. */
  readonly delimiter: string;
}

/** Writes a list as an array literal. */
export function listLiteral(values: readonly unknown[], encoding: ElementEncoding): string {
  const { encode, nested, delimiter } = encoding;
  const elements = values.map((value) => {
    if (value === null || value === undefined) return "NULL";
    if (nested && Array.isArray(value)) return listLiteral(value, encoding);
    return `"${escape(String(encode(value)))}"`;
  });
  return `{${elements.join(delimiter)}}`;
}
