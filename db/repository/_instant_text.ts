import { ValidationError } from "../../errors/common.ts";

// The texts of Postgres in its DateStyle ISO: `2024-02-29 23:59:59.5+00`, `0044-03-15 BC`, `infinity`.
// https://www.postgresql.org/docs/current/datatype-datetime.html
const TEXT =
  /^(\d{4,6})-(\d\d)-(\d\d)(?: (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?)?)?( BC)?$/;

/** The latest and the earliest time of a Date, which stand for `infinity` and `-infinity`. */
const LAST_MS = 8.64e15;

/** The Date of a text of Postgres, cut to milliseconds; a time without zone is one of UTC. */
export function toDate(text: string): Date {
  if (isUsual(text)) {
    return new Date(
      Date.UTC(
        twoDigits(text, 0) * 100 + twoDigits(text, 2),
        twoDigits(text, 5) - 1,
        twoDigits(text, 8),
        twoDigits(text, 11),
        twoDigits(text, 14),
        twoDigits(text, 17),
        text.charCodeAt(19) === DOT
          ? Number(text.slice(20, Math.min(23, text.length - 3)).padEnd(3, "0"))
          : 0,
      ),
    );
  }
  if (text === "infinity") return new Date(LAST_MS);
  if (text === "-infinity") return new Date(-LAST_MS);
  const parts = TEXT.exec(text);
  if (parts === null) return new Date(text);
  const [, year, month, day, time = "00:00:00", fraction = "", sign, hours, minutes, seconds, era] = parts;
  const date = new Date(0);
  date.setUTCFullYear(era === undefined ? Number(year) : 1 - Number(year), Number(month) - 1, Number(day));
  date.setUTCHours(
    Number(time.slice(0, 2)),
    Number(time.slice(3, 5)),
    Number(time.slice(6, 8)),
    Number(fraction.slice(0, 3).padEnd(3, "0")),
  );
  if (sign === undefined) return date;
  const offset = (Number(hours) * 60 + Number(minutes ?? 0)) * 60 + Number(seconds ?? 0);
  return new Date(date.getTime() - (sign === "-" ? -offset : offset) * 1000);
}

const DASH = 45;
const DOT = 46;
const PLUS = 43;
const ZERO = 48;

/** Whether a text is one like `2024-02-29 23:59:59.5+00`, from the year 1000 on: the fast way is for these. */
function isUsual(text: string): boolean {
  const { length } = text;
  return length >= 22 && length <= 29 && text.charCodeAt(4) === DASH &&
    text.charCodeAt(length - 3) === PLUS &&
    text.charCodeAt(0) > ZERO && text.charCodeAt(length - 2) === ZERO && text.charCodeAt(length - 1) === ZERO;
}

function twoDigits(text: string, at: number): number {
  return (text.charCodeAt(at) - ZERO) * 10 + text.charCodeAt(at + 1) - ZERO;
}

/**
 * The ISO 8601 text of a text of Postgres, `2024-02-29T23:59:59.500000Z`. It has `precision` digits of a second, or all
 * six where fewer would change it. What ISO 8601 has no text for, such as `infinity`, stays as it is.
 */
export function toIsoText(text: string, zone: "Z" | "", precision: number = 6): string {
  const parts = TEXT.exec(text);
  if (parts === null) return text;
  const [, year, month, day, time, fraction = "", , hours = "00", minutes = "00", , era = ""] = parts;
  if (time === undefined) return text;
  const digits = fractionText(fraction, precision);
  if (Number(hours) === 0 && Number(minutes) === 0) {
    return `${year}-${month}-${day}T${time}${digits}${zone}${era}`;
  }
  const date = toDate(text);
  return Number.isNaN(date.getTime())
    ? text
    : dateText(date).replace(".", "~").replace(/~\d{3}Z/, digits + zone);
}

function fractionText(fraction: string, precision: number): string {
  const digits = fraction.padEnd(6, "0");
  const shown = precision >= 0 && Number(digits.slice(precision)) === 0 ? digits.slice(0, precision) : digits;
  return shown === "" ? "" : `.${shown}`;
}

/** A Date as Postgres reads it, which writes years outside of 1 to 9999 differently than JavaScript. */
export function dateText(date: Date): string {
  const time = date.getTime();
  if (Number.isNaN(time)) throw new ValidationError("A date is not valid");
  if (Math.abs(time) === LAST_MS) return time > 0 ? "infinity" : "-infinity";
  const year = date.getUTCFullYear();
  const text = date.toISOString();
  if (year > 9999) return text.replace(/^\+0*/, "");
  // There is no year 0: the year before 1 is 1 BC.
  if (year < 1) return `${String(1 - year).padStart(4, "0")}${text.slice(text.indexOf("-", 1))} BC`;
  return text;
}

/**
 * Whether a text is one that {@link toIsoText} gives and that no schema of ISO 8601 takes: an infinity, or a year
 * outside of 1 to 9999.
 */
export function isBeyondIso(text: string): boolean {
  return /^(?:-?infinity|(?:\d{5,6}-.*|\d{4}-.* BC))$/.test(text) &&
    (text.endsWith("infinity") || TEXT.test(text.replace("T", " ").replace(/Z(?= BC$|$)/, "")));
}
