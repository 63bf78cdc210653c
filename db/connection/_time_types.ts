/** How the driver reads and writes a type. */
interface DriverType {
  readonly to: number;
  readonly from: number[];
  serialize(value: unknown): string;
  parse(text: string): Date;
}

// The OIDs of the three types.
const DATE = 1082;
const TIMESTAMP = 1114;
const TIMESTAMPTZ = 1184;

/** `2024-07-01 12:00:00.123456`, and with ` BC` for years before the first. */
const PRINTED = /^(\d+)(-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)( BC)?$/;

/**
 * The driver's option `types`. Its own functions read a `timestamp` in the time zone of the process. They also pass a text
 * for any of these types through `Date`, which reads it in that zone and drops its microseconds.
 */
export const TIME_TYPES: Readonly<Record<string, DriverType>> = {
  date: typeOf(DATE, (text) => new Date(text)),
  timestamp: typeOf(TIMESTAMP, parseTimestamp),
  timestamptz: typeOf(TIMESTAMPTZ, (text) => new Date(text)),
};

/**
 * The settings of a session with which times are the same on both sides: dates are printed as ISO 8601, and in UTC the
 * server converts between times with and without a zone as {@link TIME_TYPES} does. Poolers keep both for each client.
 */
export function timeSettings(timeZone: "UTC" | "server"): Record<string, string> {
  return { DateStyle: "ISO", ...(timeZone === "UTC" ? { TimeZone: "UTC" } : {}) };
}

function typeOf(oid: number, parse: DriverType["parse"]): DriverType {
  return { to: oid, from: [oid], serialize: writeTime, parse };
}

function writeTime(value: unknown): string {
  if (typeof value === "string") return value;
  return (value instanceof Date ? value : new Date(value as number)).toISOString();
}

/** Reads a `timestamp` as UTC. One that a `Date` cannot hold, such as `infinity`, is an invalid `Date`. */
function parseTimestamp(text: string): Date {
  const [, year = "", day, time, bc] = PRINTED.exec(text) ?? [];
  if (bc === undefined && year.length === 4) return new Date(`${year}${day}T${time}Z`);
  const number = bc === undefined ? Number(year) : 1 - Number(year);
  return new Date(`${number < 0 ? "-" : "+"}${String(Math.abs(number)).padStart(6, "0")}${day}T${time}Z`);
}
