import type { Codec } from "./_codec.ts";
import type { AnyRow, TableMapping } from "./_table_mapping.ts";

// Postgres takes hyphens behind every group of four digits.
const UUID = /^(?:[0-9a-f]{4}-?){8}$/i;

const INTEGERS: Readonly<Record<string, bigint>> = {
  smallint: 2n ** 15n,
  integer: 2n ** 31n,
  bigint: 2n ** 63n,
};

/** Whether a value may be the key of a row: its schema takes it, and so does the type of its column. */
export function isKey(mapping: TableMapping, id: unknown): boolean {
  const { key, table } = mapping;
  if (key.length > 1 && (typeof id !== "object" || id === null)) return false;
  return key.every((codec) => {
    const value = key.length === 1 ? id : (id as AnyRow)[codec.column.name];
    return table.shape[codec.column.name]!.safeParse(value).success && fitsType(codec, value);
  });
}

function fitsType(codec: Codec, value: unknown): boolean {
  const text = String(codec.encode(value));
  const { type } = codec.column;
  if (text.includes("\0")) return false;
  if (type === "uuid") return UUID.test(text.replace(/^\{(.*)\}$/, "$1"));
  const most = INTEGERS[type];
  if (most === undefined) return true;
  return /^-?\d{1,20}$/.test(text) && BigInt(text) >= -most && BigInt(text) < most;
}
