const DAY_MS = 86_400_000;
const TWO_DIGITS: readonly string[] = /* @__PURE__ */ Array.from(
  { length: 100 },
  (_, number) => String(number).padStart(2, "0"),
);

let day = NaN;
let dayText = "";

/**
 * What `toISOString` gives, in a tenth of its time where the dates of a list are of one day.
 *
 * @throws {RangeError} for an invalid date.
 */
export function isoText(date: Date): string {
  const time = date.getTime();
  const dayNumber = Math.floor(time / DAY_MS);
  if (dayNumber !== day) {
    const text = date.toISOString();
    day = dayNumber;
    dayText = text.slice(0, text.indexOf("T") + 1);
    return text;
  }
  const ms = time - dayNumber * DAY_MS;
  const seconds = Math.floor(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  const fraction = ms % 1000;
  const hour = TWO_DIGITS[Math.floor(minutes / 60)];
  const tail = `${TWO_DIGITS[Math.floor(fraction / 10)]}${fraction % 10}Z`;
  return `${dayText}${hour}:${TWO_DIGITS[minutes % 60]}:${TWO_DIGITS[seconds % 60]}.${tail}`;
}
