/**
 * The columns that PostgreSQL names in the detail of a broken constraint, `Key (merchant_id, sku)=(7, x) already exists.` in
 * the language of the server; never the values, which may be another user's. Of an expression it is the column within,
 * where there is but one.
 */
export function fieldsOfDetail(detail: unknown): string[] {
  if (typeof detail !== "string") return [];
  const start = detail.indexOf("(");
  const end = detail.indexOf(")=(", start);
  if (start < 0 || end < 0) return [];
  return partsOf(detail.slice(start + 1, end)).flatMap((part) => columnOf(part) ?? []);
}

/** The parts of a list, at commas that are in no parentheses and in no quotes. */
function partsOf(list: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let isQuoted = false;
  let part = "";
  for (const char of list) {
    if (char === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (char === "(" || char === ")")) depth += char === "(" ? 1 : -1;
    if (char === "," && depth === 0 && !isQuoted) {
      parts.push(part.trim());
      part = "";
    } else part += char;
  }
  return [...parts, part.trim()];
}

const COLUMN = /^(?:([\p{L}_][\p{L}\p{N}_$]*)|"((?:[^"]|"")+)")$/u;

/** `lower(email)`, or `lower((email)::text)`, as Postgres prints it. */
const OF_ONE_COLUMN = /^[\w.]+\(\(?([\p{L}_][\p{L}\p{N}_$]*|"(?:[^"]|"")+")\)?(?:::[\w ]+(?:\(\d+\))?)?\)$/u;

function columnOf(part: string): string | undefined {
  const [, name, quoted] = COLUMN.exec(OF_ONE_COLUMN.exec(part)?.[1] ?? part) ?? [];
  return name ?? quoted?.replaceAll('""', '"');
}
